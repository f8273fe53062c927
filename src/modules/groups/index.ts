export { GroupFacts } from './group-facts.repository.js';
export { type GroupMembersChange, GroupMembersChanging } from './groups.events.js';
export { GroupsModule } from './groups.module.js';
export { GroupsService } from './groups.service.js';
