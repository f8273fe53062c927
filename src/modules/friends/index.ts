export { FriendsModule } from './friends.module.js';
export { FriendsService } from './friends.service.js';
