import { HttpStatus, Inject, Param, Query, Res } from '@nestjs/common';
import { ApiAcceptedResponse } from '@nestjs/swagger';
import { type Check, type CheckRecord, gatewayContract, type Page, type PageQuery } from '@torale/contracts';
import { Handle } from '@torale/service-host';
import { type Caller, CurrentCaller } from '../auth/caller.ts';
import { UserController } from '../user-controller.ts';
import { ChecksService, isFinished } from './checks.service.ts';

const { checkMonitoredSource, listChecks, getCheck } = gatewayContract.endpoints;

/** What this needs of Fastify's reply. */
interface Reply {
  status(code: number): Reply;
  header(name: string, value: string): Reply;
}

@UserController()
export class ChecksController {
  constructor(@Inject(ChecksService) private readonly checks: ChecksService) {}

  @Handle(checkMonitoredSource)
  @ApiAcceptedResponse({
    description: 'Still queued or running; `Location` is where it will be found finished.',
    standardSchema: checkMonitoredSource.response,
  })
  async checkNow(
    @CurrentCaller() caller: Caller,
    @Param({ schema: checkMonitoredSource.params }) { id }: { id: string },
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<Check> {
    const check = await this.checks.checkNow(caller, id);
    if (!isFinished(check)) {
      const location = getCheck.path.replace(':id', id).replace(':check_id', check.id);
      reply.status(HttpStatus.ACCEPTED).header('location', location);
    }
    return check;
  }

  @Handle(listChecks)
  list(
    @CurrentCaller() caller: Caller,
    @Param({ schema: listChecks.params }) { id }: { id: string },
    @Query({ schema: listChecks.query }) page: PageQuery,
  ): Promise<Page<Check>> {
    return this.checks.list(caller, id, page);
  }

  @Handle(getCheck)
  get(
    @CurrentCaller() caller: Caller,
    @Param({ schema: getCheck.params }) { id, check_id }: { id: string; check_id: string },
  ): Promise<CheckRecord> {
    return this.checks.get(caller, id, check_id);
  }
}
