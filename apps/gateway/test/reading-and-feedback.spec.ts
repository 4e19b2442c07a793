import { AppError, type DiscoverResponse, type Explanation, type Reading } from '@torale/contracts';
import { insertAlert, insertCheckRun, insertSource, insertUserQuery } from '@torale/testing';
import { type Api, type GatewayHarness, publicUrl, startGateway } from './gateway-harness.ts';

let gateway: GatewayHarness;
let api: Api;
let userId: string;

beforeAll(async () => {
  gateway = await startGateway();
});
beforeEach(async () => {
  gateway.discovery.discover.mockReset().mockResolvedValue(discovered);
  gateway.changeDetector.read.mockReset().mockResolvedValue({ reading: priceBelow(500) });
  const created = await gateway.newUser();
  api = created.api;
  userId = created.user.id;
});
afterAll(() => gateway.close());

const raw_query = `Tell me when the price at ${publicUrl('/product')} drops below $500`;
const discovered: DiscoverResponse = {
  refined_query: 'price of the product',
  condition: 'the price is below $500',
  sources: [{ url: publicUrl('/product'), kind: 'page', title: null, origin: 'sentence', reason: 'Named.' }],
};
const priceBelow = (amount: number): Reading => ({
  subject: 'product',
  attribute: 'price',
  condition: {
    kind: 'comparison',
    of: 'money',
    operator: 'below',
    amount,
    currency: 'USD',
    bound: `$${amount}`,
  },
});

describe('the reading of a sentence', () => {
  test('is made when the sentence is filed, of the condition that counts, and shown', async () => {
    const { body } = await api.ok('createUserQuery', { body: { raw_query } });
    expect(gateway.changeDetector.read).toHaveBeenCalledWith({
      raw_query,
      condition: 'the price is below $500',
    });
    expect(body.reading).toEqual(priceBelow(500));
    const { body: found } = await api.ok('getUserQuery', { params: { id: body.id } });
    expect(found.reading).toEqual(priceBelow(500));
    const { body: list } = await api.ok('listUserQueries');
    expect(list.data[0]!.reading).toEqual(priceBelow(500));
  });

  test('is left to the first check when change-detector is down', async () => {
    gateway.changeDetector.read.mockRejectedValue(new AppError('service_unavailable'));
    const { status, body } = await api.ok('createUserQuery', { body: { raw_query } });
    expect(status).toBe(201);
    expect(body.reading).toBeNull();
  });

  test('is its owner’s to correct, within the contract', async () => {
    const { body } = await api.ok('createUserQuery', { body: { raw_query } });
    const params = { id: body.id };
    const corrected = await api.ok('updateUserQuery', { params, body: { reading: priceBelow(450) } });
    expect(corrected.body.reading).toEqual(priceBelow(450));
    expect(gateway.changeDetector.read).toHaveBeenCalledTimes(1);
    const problem = await api.problem('updateUserQuery', {
      params,
      body: { reading: { ...priceBelow(1), condition: { kind: 'always' } } },
    });
    expect(problem).toMatchObject({ code: 'invalid_request' });
    await api.ok('updateUserQuery', { params, body: { check_interval_seconds: 7200 } });
    expect((await api.ok('getUserQuery', { params })).body.reading).toEqual(priceBelow(450));
  });

  test.each([
    ['the sentence', { raw_query: 'Tell me when it costs less than $300' }, 'the price is below $500'],
    ['the condition', { condition: 'below $300' }, 'below $300'],
    ['the condition, taken away', { condition: null }, null],
    ['the reading, taken back', { reading: null }, 'the price is below $500'],
  ])('is made anew after a change of %s', async (_, change, condition) => {
    const { body } = await api.ok('createUserQuery', { body: { raw_query } });
    const params = { id: body.id };
    await api.ok('updateUserQuery', { params, body: { reading: priceBelow(450) } });
    gateway.changeDetector.read.mockResolvedValue({ reading: priceBelow(300) });
    const updated = await api.ok('updateUserQuery', { params, body: change });
    expect(updated.body.reading).toEqual(priceBelow(300));
    expect(gateway.changeDetector.read).toHaveBeenLastCalledWith({
      raw_query: 'raw_query' in change ? change.raw_query : raw_query,
      condition,
    });
  });

  test('that comes with another sentence is taken as it is', async () => {
    const { body } = await api.ok('createUserQuery', { body: { raw_query } });
    const change = { raw_query: 'Tell me when it costs less than $200', reading: priceBelow(200) };
    const updated = await api.ok('updateUserQuery', { params: { id: body.id }, body: change });
    expect(updated.body).toMatchObject(change);
    expect(gateway.changeDetector.read).toHaveBeenCalledTimes(1);
  });
});

describe('thresholds', () => {
  test('are null, which means the defaults, until they are set', async () => {
    const { body } = await api.ok('createUserQuery', { body: { raw_query } });
    expect(body.thresholds).toEqual({ relevance: null, confidence: null });
    expect(body.sources[0]!.thresholds).toEqual({ relevance: null, confidence: null });
    const thresholds = { relevance: 0.5, confidence: 0.8 };
    const query = await api.ok('updateUserQuery', { params: { id: body.id }, body: { thresholds } });
    expect(query.body.thresholds).toEqual(thresholds);
    const params = { id: body.sources[0]!.id };
    const source = await api.ok('updateMonitoredSource', { params, body: { thresholds } });
    expect(source.body.thresholds).toEqual(thresholds);
    const problem = await api.problem('updateMonitoredSource', {
      params,
      body: { thresholds: { relevance: 2 } },
    });
    expect(problem).toMatchObject({ code: 'invalid_request' });
  });
});

describe('what explains itself', () => {
  const explanation: Explanation = {
    judged_by: 'rules',
    note: null,
    similarity: 0.9,
    moved: 0,
    changes: [
      {
        kind: 'edited',
        path: ['News'],
        before: '1204 views',
        after: '1377 views',
        differences: [{ kind: 'number', before: '1204', after: '1377' }],
        noise: 'a counter',
        relevance: null,
      },
    ],
    omitted: 0,
    repeats_alert_id: null,
  };

  async function alerted() {
    const { database } = gateway.db;
    const query = await insertUserQuery(database, { user_id: userId });
    const source = await insertSource(database, { user_query_id: query.id });
    const check = await insertCheckRun(database, {
      source_id: source.id,
      status: 'succeeded',
      verdict: 'alert',
      explanation: JSON.stringify(explanation),
    });
    const alert = await insertAlert(database, {
      source_id: source.id,
      check_id: check.id,
      reason: 'The condition became true: Price fell from $549 to $499.',
    });
    return { source, check, alert };
  }

  test('an alert: why, by which judge, how surely, and what was said of it', async () => {
    const { alert } = await alerted();
    const { body } = await api.ok('getAlert', { params: { id: alert.id } });
    expect(body).toMatchObject({
      reason: 'The condition became true: Price fell from $549 to $499.',
      judged_by: 'rules',
      confidence: expect.closeTo(0.9),
      explanation,
      feedback: null,
    });
  });

  test('a check that was none: the differences and the reasons they are noise', async () => {
    const { source, check } = await alerted();
    const { body } = await api.ok('getCheck', { params: { id: source.id, check_id: check.id } });
    expect(body.explanation).toEqual(explanation);
    const { body: list } = await api.ok('listChecks', { params: { id: source.id } });
    expect(list.data[0]).not.toHaveProperty('explanation');
  });

  test('feedback is kept, replaced and taken back', async () => {
    const { alert } = await alerted();
    const params = { id: alert.id };
    const first = await api.ok('giveAlertFeedback', {
      params,
      body: { verdict: 'not_useful', reason: 'only a counter' },
    });
    expect(first.body).toMatchObject({
      alert_id: alert.id,
      verdict: 'not_useful',
      reason: 'only a counter',
    });
    expect((await api.ok('getAlert', { params })).body.feedback).toEqual(first.body);
    const second = await api.ok('giveAlertFeedback', { params, body: { verdict: 'useful' } });
    expect(second.body).toMatchObject({ verdict: 'useful', reason: null });
    expect((await api.ok('undoAlertFeedback', { params })).status).toBe(204);
    expect((await api.ok('getAlert', { params })).body.feedback).toBeNull();
    expect((await api.ok('undoAlertFeedback', { params })).status).toBe(204);
    const problem = await api.problem('giveAlertFeedback', { params, body: { verdict: 'meh' } });
    expect(problem).toMatchObject({ code: 'invalid_request' });
  });
});
