import { randomUUID } from 'node:crypto';
import { events } from '@torale/contracts';
import { createTestDatabase, createUser, type TestDatabase } from '@torale/testing';
import { sql } from 'kysely';
import { appendEvents, appendEventsOf } from '../src/index.ts';

describe('an event', () => {
  let test: TestDatabase;
  let user_id: string;
  beforeAll(async () => {
    test = await createTestDatabase();
    ({ id: user_id } = await createUser(test.database));
  });
  afterAll(() => test.close());

  const happened = () =>
    test.database.kysely.selectFrom('events').select(['type', 'user_id', 'data']).orderBy('id').execute();

  it('has happened if its transaction commits, and is of the shape that the contract says', async () => {
    const data = { alert_id: randomUUID(), user_query_id: randomUUID() };
    await expect(
      test.database.transaction(async (transaction) => {
        await appendEvents(transaction, events.alertCreated, [{ user_id, data }]);
        await appendEvents(transaction, events.alertCreated, [
          { user_id, data: { ...data, alert_id: 'no' } },
        ]);
      }),
    ).rejects.toThrow('alert_id');
    expect(await happened()).toEqual([]);
    await test.database.transaction((transaction) =>
      appendEvents(transaction, events.alertCreated, [{ user_id, data }]),
    );
    expect(await happened()).toEqual([{ type: 'alert.created', user_id, data }]);
  });

  it('is appended by the statement that makes it happen', async () => {
    const data = { source_id: randomUUID(), content_id: randomUUID() };
    await sql`with stored as (
      select ${user_id}::uuid as user_id, ${data.source_id}::uuid as source_id, ${data.content_id}::uuid as content_id
    ) ${appendEventsOf(events.contentChanged, 'stored')}`.execute(test.database.kysely);
    expect((await happened()).at(-1)).toEqual({ type: 'content.changed', user_id, data });
  });
});
