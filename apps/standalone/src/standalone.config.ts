import { aiConfig } from '@torale/ai';
import { changeDetectorConfig } from '@torale/change-detector';
import type { ConfigSlice } from '@torale/contracts';
import { contentProcessorConfig, snapshotsConfig } from '@torale/content-processor';
import { embeddedDatabaseConfig } from '@torale/database';
import { gatewayConfig } from '@torale/gateway';
import { notificationsConfig } from '@torale/notifications';
import { outboundHttpConfig } from '@torale/outbound-http';
import { supabaseAuthConfig } from '@torale/supabase-local';
import { operatorConfig, workerConfig } from '@torale/worker';

/** What the whole of Torale in one process reads of the environment. */
export const standaloneConfig: readonly ConfigSlice[] = [
  embeddedDatabaseConfig,
  gatewayConfig,
  supabaseAuthConfig,
  workerConfig,
  operatorConfig,
  contentProcessorConfig,
  snapshotsConfig,
  changeDetectorConfig,
  outboundHttpConfig,
  notificationsConfig,
  aiConfig,
];
