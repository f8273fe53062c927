import type { INestApplication } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { HttpErrorFilter } from './common/http-error.filter.js';
import { AppConfig } from './config/app-config.js';
import { ShutdownSteps } from './infra/lifecycle/shutdown-steps.js';
import { servePages } from './infra/pages/serve-pages.js';
import { serveApiDocs } from './infra/api-docs/serve-api-docs.js';
import { limitRequests } from './infra/limits/limit-requests.js';
import { ImIoAdapter } from './realtime/im-io.adapter.js';
import { RealtimeServer } from './realtime/realtime-server.js';

const API = 'api/v1';
const OUTSIDE_THE_API = ['health/live', 'health/ready', 'health/consistency', 'metrics'];

const KEEP_ALIVE_MS = 65_000;

/** Where the routes are; the API documents need no more of the edges. */
export function setPaths(app: INestApplication): void {
  app.setGlobalPrefix(API, { exclude: OUTSIDE_THE_API });
}

/** Gives an app its edges: prefix, body parser, errors, CORS, sockets, documents, pages, and how the sockets stop. */
export function configureApp(app: NestExpressApplication): void {
  const config = app.get(AppConfig);
  app.disable('x-powered-by');
  app.disable('etag');
  // First, so that a page of another origin may read why it is refused.
  if (config.corsOrigins.length > 0) app.enableCors({ origin: config.corsOrigins });
  limitRequests(app, `/${API}`);
  app.useBodyParser('json', { limit: config.maxPayloadBytes });
  setPaths(app);
  const http = app.getHttpAdapter();
  http.get('/', (_request: unknown, response: unknown) => http.redirect(response, 302, '/api/docs'));
  app.useGlobalFilters(new HttpErrorFilter());
  // Longer than clients and proxies keep an idle connection, so that none is closed under a request on its way.
  app.getHttpServer().keepAliveTimeout = KEEP_ALIVE_MS;
  app.useWebSocketAdapter(new ImIoAdapter(app));
  serveApiDocs(app);
  servePages(app, config.pagesDir);

  const realtime = app.get(RealtimeServer);
  const steps = app.get(ShutdownSteps);
  steps.register('refuse', 'server', () => realtime.stopAccepting());
  steps.register('disconnect', 'connections', () => {
    // The server closes only when its last connection has; a request that never ends would hold it.
    app.getHttpServer().closeAllConnections();
    return realtime.close();
  });
}
