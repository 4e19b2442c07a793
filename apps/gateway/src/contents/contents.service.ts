import { Inject, Injectable } from '@nestjs/common';
import { diffContents } from '@torale/block-alignment';
import {
  CONTENT_PROCESSOR_API,
  type Content,
  type ContentDiff,
  type ContentProcessorApi,
  type ContentSummary,
  type Page,
  type PageQuery,
} from '@torale/contracts';
import { USER_DATABASE, type UserDatabase } from '@torale/database';
import type { Caller } from '../auth/caller.ts';
import { watchOf } from '../checks/checks.repository.ts';
import { found } from '../found.ts';
import { findContent, findContentSummary, listContents } from './contents.repository.ts';

const noContent = 'There is no such content';

/** What is downloaded: never to be shown by a browser as a page of ours. */
export interface Download {
  body: Buffer;
  filename: string;
}

/** Contents as their owner may read them. */
@Injectable()
export class ContentsService {
  constructor(
    @Inject(USER_DATABASE) private readonly database: UserDatabase,
    @Inject(CONTENT_PROCESSOR_API) private readonly contentProcessor: ContentProcessorApi,
  ) {}

  list(caller: Caller, sourceId: string, page: PageQuery): Promise<Page<ContentSummary>> {
    return this.database.asUser(caller.claims, async (transaction) => {
      found(await watchOf(transaction, sourceId), 'There is no such source');
      return listContents(transaction, sourceId, page);
    });
  }

  async get(caller: Caller, sourceId: string, id: string): Promise<Content> {
    return found(
      await this.database.asUser(caller.claims, (transaction) => findContent(transaction, sourceId, id)),
      noContent,
    );
  }

  async diff(caller: Caller, sourceId: string, beforeId: string, afterId: string): Promise<ContentDiff> {
    const [before, after] = await this.database.asUser(caller.claims, async (transaction) => [
      found(await findContent(transaction, sourceId, beforeId), noContent),
      found(await findContent(transaction, sourceId, afterId), noContent),
    ]);
    return diffContents(before!, after!);
  }

  /** The caller's right is read under row level security; only then are the bytes fetched for them. */
  async snapshot(caller: Caller, sourceId: string, id: string): Promise<Download> {
    const content = found(
      await this.database.asUser(caller.claims, (transaction) =>
        findContentSummary(transaction, sourceId, id),
      ),
      noContent,
    );
    const { content_type, body_base64 } = await this.contentProcessor.getSnapshot({ id: content.id });
    const isText = /^text\/|\b(?:html|xml|json)\b/i.test(content_type ?? '');
    return {
      body: Buffer.from(body_base64, 'base64'),
      filename: `${content.fetched_at.slice(0, 10)}-${content.id}.${isText ? 'txt' : 'bin'}`,
    };
  }
}
