import { Inject, Injectable } from '@nestjs/common';
import { diffContents } from '@torale/block-alignment';
import { AppError, type Content, type ContentDiff, type Snapshot } from '@torale/contracts';
import { Snapshots } from '../snapshots/snapshots.ts';
import { StoredContentsRepository } from './stored-contents.repository.ts';

/** What is stored, to look at. Every method rejects with AppError `not_found` for what is not, or no longer, there. */
@Injectable()
export class StoredContents {
  constructor(
    @Inject(StoredContentsRepository) private readonly contents: StoredContentsRepository,
    @Inject(Snapshots) private readonly snapshots: Snapshots,
  ) {}

  async get(id: string): Promise<Content> {
    const content = await this.contents.find(id);
    if (!content) throw new AppError('not_found', `There is no content ${id}`);
    return content;
  }

  async snapshot(id: string): Promise<Snapshot> {
    const found = await this.contents.findSnapshot(id);
    const body = found?.key ? await this.snapshots.read(found.key) : null;
    if (!found || !body) throw new AppError('not_found', `There is no snapshot of a content ${id}`);
    return { content_type: found.content_type, body_base64: body.toString('base64') };
  }

  /** @throws AppError `invalid_request` for contents of two sources */
  async diff(beforeId: string, afterId: string): Promise<ContentDiff> {
    const [before, after] = await Promise.all([this.get(beforeId), this.get(afterId)]);
    if (before.source_id !== after.source_id) {
      throw new AppError('invalid_request', 'The two contents are of different sources');
    }
    return diffContents(before, after);
  }
}
