import { applyDecorators, Controller, Header, Inject, Query, Res } from '@nestjs/common';
import { AppError, gatewayContract } from '@torale/contracts';
import { Handle } from '@torale/service-host';
import type { Subscription } from './unsubscribe.repository.ts';
import { noSubscriptionPage, unsubscribePage } from './unsubscribe-page.ts';
import { UnsubscribeService } from './unsubscribe.service.ts';

const { showUnsubscribe, unsubscribe } = gatewayContract.endpoints;

/** A page that runs nothing, loads nothing, sits in no frame, stays in no cache and tells nobody its address. */
const Page = () =>
  applyDecorators(
    Header('content-type', 'text/html; charset=utf-8'),
    Header(
      'content-security-policy',
      "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    Header('cache-control', 'no-store'),
    Header('referrer-policy', 'no-referrer'),
  );

/** Needs no account and sets no cookie: mail programs follow it (RFC 8058), and people who may be logged out. */
@Controller()
export class UnsubscribeController {
  constructor(@Inject(UnsubscribeService) private readonly subscriptions: UnsubscribeService) {}

  @Handle(showUnsubscribe)
  @Page()
  show(
    @Query({ schema: showUnsubscribe.query }) { token }: { token: string },
    @Res({ passthrough: true }) reply: { status(code: number): unknown },
  ): Promise<string> {
    return pageOf(this.subscriptions.show(token), reply);
  }

  @Handle(unsubscribe)
  @Page()
  unsubscribe(
    @Query({ schema: unsubscribe.query }) { token }: { token: string },
    @Res({ passthrough: true }) reply: { status(code: number): unknown },
  ): Promise<string> {
    return pageOf(this.subscriptions.end(token), reply);
  }
}

async function pageOf(
  subscription: Promise<Subscription>,
  reply: { status(code: number): unknown },
): Promise<string> {
  try {
    return unsubscribePage(await subscription);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'not_found') throw error;
    reply.status(error.status);
    return noSubscriptionPage(error.message);
  }
}
