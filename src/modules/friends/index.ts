export { FriendsModule } from './friends.module.js';
