import { Body, Controller, Inject, Param, Query, UseGuards } from '@nestjs/common';
import { adminContract, type OperationInput } from '@torale/contracts';
import { Handle } from '@torale/service-host';
import { AdminService } from './admin.service.ts';
import { OperatorGuard } from './operator.guard.ts';

const { listSubscribers, replayEvents, listDeadLetters, replayDeadLetters, dropDeadLetters, listQueues } =
  adminContract.endpoints;

@Controller()
@UseGuards(OperatorGuard)
export class AdminController {
  constructor(@Inject(AdminService) private readonly admin: AdminService) {}

  @Handle(listSubscribers)
  listSubscribers() {
    return this.admin.listSubscribers();
  }

  @Handle(replayEvents)
  replayEvents(
    @Param({ schema: replayEvents.params }) { name }: { name: string },
    @Body({ schema: replayEvents.body }) { from }: { from: string },
  ) {
    return this.admin.replayEvents({ name, from });
  }

  @Handle(listDeadLetters)
  listDeadLetters(@Query({ schema: listDeadLetters.query }) query: OperationInput<typeof listDeadLetters>) {
    return this.admin.listDeadLetters(query);
  }

  @Handle(replayDeadLetters)
  replayDeadLetters(@Body({ schema: replayDeadLetters.body }) body: { ids: string[] }) {
    return this.admin.replayDeadLetters(body);
  }

  @Handle(dropDeadLetters)
  dropDeadLetters(@Body({ schema: dropDeadLetters.body }) body: { ids: string[] }) {
    return this.admin.dropDeadLetters(body);
  }

  @Handle(listQueues)
  listQueues() {
    return this.admin.listQueues();
  }
}
