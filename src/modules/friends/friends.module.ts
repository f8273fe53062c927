import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { UsersModule } from '../users/index.js';
import { FriendRepository } from './friend.repository.js';
import { FRIEND_MODEL, FriendSchema } from './friend.schema.js';
import { FriendConsistency } from './friends.consistency.js';
import { FriendsController } from './friends.controller.js';
import { FriendsService } from './friends.service.js';

@Module({
  imports: [UsersModule, MongooseModule.forFeature([{ name: FRIEND_MODEL, schema: FriendSchema }])],
  controllers: [FriendsController],
  providers: [FriendRepository, FriendsService, FriendConsistency],
  exports: [FriendsService],
})
export class FriendsModule {}
