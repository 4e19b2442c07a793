import { Header, Inject, Param, Query, StreamableFile } from '@nestjs/common';
import {
  type Content,
  type ContentDiff,
  type ContentSummary,
  gatewayContract,
  type Page,
  type PageQuery,
} from '@torale/contracts';
import { Handle } from '@torale/service-host';
import { type Caller, CurrentCaller } from '../auth/caller.ts';
import { UserController } from '../user-controller.ts';
import { ContentsService } from './contents.service.ts';

const { listContents, getContent, getSnapshot, diffContents } = gatewayContract.endpoints;

interface ContentParams {
  id: string;
  content_id: string;
}

@UserController()
export class ContentsController {
  constructor(@Inject(ContentsService) private readonly contents: ContentsService) {}

  @Handle(listContents)
  list(
    @CurrentCaller() caller: Caller,
    @Param({ schema: listContents.params }) { id }: { id: string },
    @Query({ schema: listContents.query }) page: PageQuery,
  ): Promise<Page<ContentSummary>> {
    return this.contents.list(caller, id, page);
  }

  @Handle(getContent)
  get(
    @CurrentCaller() caller: Caller,
    @Param({ schema: getContent.params }) { id, content_id }: ContentParams,
  ): Promise<Content> {
    return this.contents.get(caller, id, content_id);
  }

  /** Somebody else's page, scripts and all: whatever opens it, it must not run as part of this site. */
  @Handle(getSnapshot)
  @Header('content-security-policy', "sandbox; default-src 'none'")
  @Header('cache-control', 'private, no-store')
  async getSnapshot(
    @CurrentCaller() caller: Caller,
    @Param({ schema: getSnapshot.params }) { id, content_id }: ContentParams,
  ): Promise<StreamableFile> {
    const { body, filename } = await this.contents.snapshot(caller, id, content_id);
    return new StreamableFile(body, {
      type: getSnapshot.content_type,
      disposition: `attachment; filename="${filename}"`,
      length: body.length,
    });
  }

  @Handle(diffContents)
  diff(
    @CurrentCaller() caller: Caller,
    @Param({ schema: diffContents.params })
    { id, content_id, other_id }: ContentParams & { other_id: string },
  ): Promise<ContentDiff> {
    return this.contents.diff(caller, id, content_id, other_id);
  }
}
