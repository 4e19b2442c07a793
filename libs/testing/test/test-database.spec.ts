import { createTestDatabase, insertDelivery, type TestDatabase } from '../src/index.ts';

describe('createTestDatabase', () => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await createTestDatabase();
  }, 60_000);
  afterAll(() => test.close());

  it('gives a migrated database in which factories hang rows on one owner', async () => {
    const owner = await test.createUser();
    const delivery = await insertDelivery(test.database, { user_id: owner.id });
    const alerts = await test.userDatabase.asUser({ sub: owner.id, role: 'authenticated' }, (transaction) =>
      transaction.selectFrom('change_alerts').selectAll().execute(),
    );
    expect(alerts).toEqual([expect.objectContaining({ id: delivery.alert_id, user_id: owner.id })]);
    expect(delivery.created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });
});
