import { z } from 'zod';
import { apiKeySchema, createApiKeySchema, createdApiKeySchema } from './api-key.ts';
import { changeAlertSchema, explainedAlertSchema } from './change-alert.ts';
import { checkRecordSchema, checkSchema } from './check.ts';
import { idParamsSchema, idSchema, pageOf, pageQuerySchema } from './common.ts';
import { contentDiffSchema, contentSchema, contentSummarySchema } from './content.ts';
import { defineContract, defineEndpoint } from './endpoint.ts';
import { alertFeedbackSchema, giveFeedbackSchema } from './explanation.ts';
import {
  createMonitoredSourceSchema,
  monitoredSourceSchema,
  updateMonitoredSourceSchema,
} from './monitored-source.ts';
import {
  deliverySchema,
  deliveryStatusSchema,
  replayChannelSchema,
  replaySchema,
  notificationPreferencesSchema,
  outboxEmailSchema,
  updateNotificationPreferencesSchema,
} from './notification.ts';
import {
  messageTemplatesSchema,
  notificationTemplatesSchema,
  previewTemplateSchema,
  renderedTemplateSchema,
  templateKindSchema,
} from './notification-template.ts';
import {
  channelTestSchema,
  channelVerificationSchema,
  createChannelSchema,
  createdChannelSchema,
  notificationChannelSchema,
  rotateChannelSecretSchema,
  rotatedChannelSecretSchema,
  updateChannelSchema,
  verifyChannelSchema,
  webPushKeySchema,
} from './notification-channel.ts';
import { previewRequestSchema, previewResponseSchema } from './preview.ts';
import { signingKeysSchema } from './signing-keys.ts';
import {
  createUserQuerySchema,
  updateUserQuerySchema,
  userQuerySchema,
  userQueryStatusSchema,
  userQueryWithSourcesSchema,
} from './user-query.ts';

const noContent = z.undefined();

/** The public API; every path is under `/api/v1`. */
export const gatewayContract = defineContract('gateway', {
  createUserQuery: defineEndpoint({
    method: 'POST',
    path: '/api/v1/user-queries',
    summary: 'File a sentence: find its sources, store them, start the first checks',
    status: 201,
    body: createUserQuerySchema,
    response: userQueryWithSourcesSchema,
    deadline_ms: 30_000,
  }),
  listUserQueries: defineEndpoint({
    method: 'GET',
    path: '/api/v1/user-queries',
    summary: 'Your sentences, newest first',
    query: pageQuerySchema.extend({ status: userQueryStatusSchema.optional() }),
    response: pageOf(userQuerySchema),
  }),
  getUserQuery: defineEndpoint({
    method: 'GET',
    path: '/api/v1/user-queries/:id',
    summary: 'One sentence with its sources',
    params: idParamsSchema,
    response: userQueryWithSourcesSchema,
  }),
  updateUserQuery: defineEndpoint({
    method: 'PATCH',
    path: '/api/v1/user-queries/:id',
    summary: 'Change, pause or resume a sentence',
    params: idParamsSchema,
    body: updateUserQuerySchema,
    response: userQueryWithSourcesSchema,
  }),
  deleteUserQuery: defineEndpoint({
    method: 'DELETE',
    path: '/api/v1/user-queries/:id',
    summary: 'Delete a sentence with its sources, contents and alerts',
    status: 204,
    params: idParamsSchema,
    response: noContent,
  }),

  createMonitoredSource: defineEndpoint({
    method: 'POST',
    path: '/api/v1/monitored-sources',
    summary: 'Add a source to a sentence and start its first check',
    status: 201,
    body: createMonitoredSourceSchema,
    response: monitoredSourceSchema,
  }),
  listMonitoredSources: defineEndpoint({
    method: 'GET',
    path: '/api/v1/monitored-sources',
    summary: 'Your sources, newest first',
    query: pageQuerySchema.extend({ user_query_id: idSchema.optional() }),
    response: pageOf(monitoredSourceSchema),
  }),
  getMonitoredSource: defineEndpoint({
    method: 'GET',
    path: '/api/v1/monitored-sources/:id',
    summary: 'One source',
    params: idParamsSchema,
    response: monitoredSourceSchema,
  }),
  updateMonitoredSource: defineEndpoint({
    method: 'PATCH',
    path: '/api/v1/monitored-sources/:id',
    summary: 'Rename, pause or resume a source, or change how it is fetched and read',
    params: idParamsSchema,
    body: updateMonitoredSourceSchema,
    response: monitoredSourceSchema,
  }),
  deleteMonitoredSource: defineEndpoint({
    method: 'DELETE',
    path: '/api/v1/monitored-sources/:id',
    summary: 'Stop watching a source; its alerts stay',
    status: 204,
    params: idParamsSchema,
    response: noContent,
  }),
  checkMonitoredSource: defineEndpoint({
    method: 'POST',
    path: '/api/v1/monitored-sources/:id/check',
    summary:
      'Check a source now: 200 with the finished check, or 202 with the running one when it takes too long',
    params: idParamsSchema,
    response: checkSchema,
    deadline_ms: 60_000,
  }),
  listChecks: defineEndpoint({
    method: 'GET',
    path: '/api/v1/monitored-sources/:id/checks',
    summary: 'The checks of a source, newest first',
    params: idParamsSchema,
    query: pageQuerySchema,
    response: pageOf(checkSchema),
  }),
  getCheck: defineEndpoint({
    method: 'GET',
    path: '/api/v1/monitored-sources/:id/checks/:check_id',
    summary:
      'One check: its steps from dispatch to the last delivery, what it found and why that was an alert or none',
    params: z.object({ id: idSchema, check_id: idSchema }),
    response: checkRecordSchema,
  }),

  listContents: defineEndpoint({
    method: 'GET',
    path: '/api/v1/monitored-sources/:id/contents',
    summary: 'The contents of a source that are kept, newest first',
    params: idParamsSchema,
    query: pageQuerySchema,
    response: pageOf(contentSummarySchema),
  }),
  getContent: defineEndpoint({
    method: 'GET',
    path: '/api/v1/monitored-sources/:id/contents/:content_id',
    summary: 'One content with its blocks',
    params: z.object({ id: idSchema, content_id: idSchema }),
    response: contentSchema,
  }),
  getSnapshot: defineEndpoint({
    method: 'GET',
    path: '/api/v1/monitored-sources/:id/contents/:content_id/snapshot',
    summary: 'Download what a content was read from, as it was fetched',
    params: z.object({ id: idSchema, content_id: idSchema }),
    response: z.file(),
    content_type: 'application/octet-stream',
    deadline_ms: 30_000,
  }),
  diffContents: defineEndpoint({
    method: 'GET',
    path: '/api/v1/monitored-sources/:id/contents/:content_id/diff/:other_id',
    summary: 'What differs between two contents of a source, block by block and as unified text',
    params: z.object({ id: idSchema, content_id: idSchema, other_id: idSchema }),
    response: contentDiffSchema,
  }),

  preview: defineEndpoint({
    method: 'POST',
    path: '/api/v1/preview',
    summary:
      'What would be watched at an address, what would be read there, whether the condition is true now; stores nothing',
    body: previewRequestSchema,
    response: previewResponseSchema,
    deadline_ms: 55_000,
  }),

  listAlerts: defineEndpoint({
    method: 'GET',
    path: '/api/v1/alerts',
    summary: 'Your alerts, newest first',
    query: pageQuerySchema.extend({
      user_query_id: idSchema.optional(),
      acknowledged: z.stringbool().optional(),
    }),
    response: pageOf(changeAlertSchema),
  }),
  getAlert: defineEndpoint({
    method: 'GET',
    path: '/api/v1/alerts/:id',
    summary: 'One alert with its evidence, why it was raised, by which judge and how surely',
    params: idParamsSchema,
    response: explainedAlertSchema,
  }),
  acknowledgeAlert: defineEndpoint({
    method: 'POST',
    path: '/api/v1/alerts/:id/acknowledge',
    summary: 'Mark an alert as seen; again changes nothing',
    params: idParamsSchema,
    response: changeAlertSchema,
  }),
  giveAlertFeedback: defineEndpoint({
    method: 'POST',
    path: '/api/v1/alerts/:id/feedback',
    summary: 'Say whether an alert was useful; its source is judged by it from the next check on',
    params: idParamsSchema,
    body: giveFeedbackSchema,
    response: alertFeedbackSchema,
  }),
  undoAlertFeedback: defineEndpoint({
    method: 'DELETE',
    path: '/api/v1/alerts/:id/feedback',
    summary: 'Take your feedback back, and with it what it taught',
    status: 204,
    params: idParamsSchema,
    response: noContent,
  }),

  getNotificationPreferences: defineEndpoint({
    method: 'GET',
    path: '/api/v1/notifications/preferences',
    summary: 'How you are notified',
    response: notificationPreferencesSchema,
  }),
  updateNotificationPreferences: defineEndpoint({
    method: 'PUT',
    path: '/api/v1/notifications/preferences',
    summary: 'Set how you are notified; what is left out stays',
    body: updateNotificationPreferencesSchema,
    response: notificationPreferencesSchema,
  }),
  listDeliveries: defineEndpoint({
    method: 'GET',
    path: '/api/v1/notifications/deliveries',
    summary: 'What was sent to you, or tried, newest first',
    query: pageQuerySchema.extend({ alert_id: idSchema.optional(), status: deliveryStatusSchema.optional() }),
    response: pageOf(deliverySchema),
  }),
  getDelivery: defineEndpoint({
    method: 'GET',
    path: '/api/v1/notifications/deliveries/:id',
    summary: 'One delivery with its attempts',
    params: idParamsSchema,
    response: deliverySchema,
  }),
  replayDelivery: defineEndpoint({
    method: 'POST',
    path: '/api/v1/notifications/deliveries/:id/replay',
    summary: 'Make a settled delivery again, under its old id',
    status: 202,
    params: idParamsSchema,
    response: replaySchema,
  }),
  replayDeliveries: defineEndpoint({
    method: 'POST',
    path: '/api/v1/notifications/deliveries/replay',
    summary: 'Make the deliveries of one channel and a time again, the oldest first, each under its old id',
    status: 202,
    body: replayChannelSchema,
    response: replaySchema,
  }),
  getSigningKeys: defineEndpoint({
    method: 'GET',
    path: '/.well-known/jwks.json',
    summary: 'The public keys that HTTP message signatures of webhooks are checked with',
    response: signingKeysSchema,
  }),
  listOutbox: defineEndpoint({
    method: 'GET',
    path: '/api/v1/outbox',
    summary: 'Mails kept instead of sent, where no mail provider is configured',
    query: pageQuerySchema,
    response: pageOf(outboxEmailSchema),
  }),

  createChannel: defineEndpoint({
    method: 'POST',
    path: '/api/v1/notifications/channels',
    summary: 'Add a channel and begin to verify it; the signing secret of a webhook is in this answer only',
    status: 201,
    body: createChannelSchema,
    response: createdChannelSchema,
    deadline_ms: 30_000,
  }),
  listChannels: defineEndpoint({
    method: 'GET',
    path: '/api/v1/notifications/channels',
    summary: 'Your channels, newest first',
    query: pageQuerySchema,
    response: pageOf(notificationChannelSchema),
  }),
  getChannel: defineEndpoint({
    method: 'GET',
    path: '/api/v1/notifications/channels/:id',
    summary: 'One channel',
    params: idParamsSchema,
    response: notificationChannelSchema,
  }),
  updateChannel: defineEndpoint({
    method: 'PATCH',
    path: '/api/v1/notifications/channels/:id',
    summary: 'Rename a channel, make it a default one or not, change the headers of a webhook',
    params: idParamsSchema,
    body: updateChannelSchema,
    response: notificationChannelSchema,
  }),
  deleteChannel: defineEndpoint({
    method: 'DELETE',
    path: '/api/v1/notifications/channels/:id',
    summary: 'Remove a channel',
    status: 204,
    params: idParamsSchema,
    response: noContent,
  }),
  sendChannelCode: defineEndpoint({
    method: 'POST',
    path: '/api/v1/notifications/channels/:id/verification',
    summary:
      'Send the code or the challenge that verifies a channel again; also how a disabled one comes back',
    params: idParamsSchema,
    response: channelVerificationSchema,
    deadline_ms: 30_000,
  }),
  verifyChannel: defineEndpoint({
    method: 'POST',
    path: '/api/v1/notifications/channels/:id/verify',
    summary: 'Confirm a channel by the code that was sent to it',
    params: idParamsSchema,
    body: verifyChannelSchema,
    response: notificationChannelSchema,
  }),
  testChannel: defineEndpoint({
    method: 'POST',
    path: '/api/v1/notifications/channels/:id/test',
    summary: 'Send a sample alert through a channel, now, and say how that went',
    params: idParamsSchema,
    response: channelTestSchema,
    deadline_ms: 30_000,
  }),
  getWebPushKey: defineEndpoint({
    method: 'GET',
    path: '/api/v1/notifications/web-push-key',
    summary: 'What a page subscribes to Web Push with',
    response: webPushKeySchema,
  }),
  rotateChannelSecret: defineEndpoint({
    method: 'POST',
    path: '/api/v1/notifications/channels/:id/rotate-secret',
    summary: 'Make a new signing secret for a webhook; the old ones still sign beside it for a while',
    params: idParamsSchema,
    body: rotateChannelSecretSchema,
    response: rotatedChannelSecretSchema,
  }),

  getTemplates: defineEndpoint({
    method: 'GET',
    path: '/api/v1/notifications/templates/:kind',
    summary: 'Your words for a kind of channel, Torale’s own, and the variables that templates may name',
    params: z.object({ kind: templateKindSchema }),
    response: notificationTemplatesSchema,
  }),
  putTemplates: defineEndpoint({
    method: 'PUT',
    path: '/api/v1/notifications/templates/:kind',
    summary: 'Choose your words for a kind of channel; what is left out is worded by Torale',
    params: z.object({ kind: templateKindSchema }),
    body: messageTemplatesSchema,
    response: notificationTemplatesSchema,
  }),
  deleteTemplates: defineEndpoint({
    method: 'DELETE',
    path: '/api/v1/notifications/templates/:kind',
    summary: 'Leave the words to Torale again',
    status: 204,
    params: z.object({ kind: templateKindSchema }),
    response: noContent,
  }),
  previewTemplate: defineEndpoint({
    method: 'POST',
    path: '/api/v1/notifications/templates/preview',
    summary: 'What a template makes of an alert of yours, or of a made-up one; sends nothing',
    body: previewTemplateSchema,
    response: renderedTemplateSchema,
  }),

  showUnsubscribe: defineEndpoint({
    method: 'GET',
    path: '/api/v1/unsubscribe',
    summary: 'What a link at the end of a mail would end, with a button; changes nothing',
    query: z.object({ token: z.string().max(2000) }),
    response: z.string(),
    content_type: 'text/html',
  }),
  unsubscribe: defineEndpoint({
    method: 'POST',
    path: '/api/v1/unsubscribe',
    summary: 'End what such a link is for, with one click (RFC 8058)',
    query: z.object({ token: z.string().max(2000) }),
    body_reading: 'ignored',
    response: z.string(),
    content_type: 'text/html',
  }),
  receiveSendGridEvents: defineEndpoint({
    method: 'POST',
    path: '/api/v1/provider-events/sendgrid',
    summary: 'What SendGrid says became of mails, signed by it',
    body: z.string().optional(),
    body_reading: 'text',
    response: z.object({ recorded: z.int() }),
  }),

  createApiKey: defineEndpoint({
    method: 'POST',
    path: '/api/v1/api-keys',
    summary: 'Make an API key; the key is in this answer only',
    status: 201,
    body: createApiKeySchema,
    response: createdApiKeySchema,
  }),
  listApiKeys: defineEndpoint({
    method: 'GET',
    path: '/api/v1/api-keys',
    summary: 'Your API keys, newest first',
    query: pageQuerySchema,
    response: pageOf(apiKeySchema),
  }),
  deleteApiKey: defineEndpoint({
    method: 'DELETE',
    path: '/api/v1/api-keys/:id',
    summary: 'Revoke an API key',
    status: 204,
    params: idParamsSchema,
    response: noContent,
  }),
});
