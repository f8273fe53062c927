import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { ERRORS } from '@nestim/protocol';
import { cleanupOpenApiDoc } from 'nestjs-zod';
import { API_VERSION } from './api-version.js';
import { describeErrors } from './route-errors.js';

/** OpenAPI 3.0 of the routes, from the protocol's schemas and the decorators of the controllers. */
export function openApiDocument(app: INestApplication): OpenAPIObject {
  const info = new DocumentBuilder()
    .setTitle('NestIM')
    .setDescription('x-errors tells what each error code means and what to do about it.')
    .setVersion(API_VERSION)
    .setLicense('Apache-2.0', '')
    .addBearerAuth()
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'NESTIM_ADMIN_TOKEN' }, 'admin')
    .addExtension('x-errors', ERRORS)
    .build();
  return describeErrors(cleanupOpenApiDoc(SwaggerModule.createDocument(app, info)));
}
