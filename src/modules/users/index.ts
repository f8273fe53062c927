export { CurrentCtx } from './current-ctx.decorator.js';
export { deletedUser } from './to-user.js';
export { UsersModule } from './users.module.js';
export { UsersService } from './users.service.js';
