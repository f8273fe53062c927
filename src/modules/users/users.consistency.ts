import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import type { Stored } from '../../common/stored.js';
import { Consistency, danglingAmong, type Defect, RowRule } from '../../consistency/index.js';
import { RowWalk } from '../../infra/mongo/row-walk.js';
import { SESSION_MODEL, type SessionRow } from './session.schema.js';
import { UsersService } from './users.service.js';

type Row = Stored<SessionRow>;

@Injectable()
@Consistency()
export class SessionConsistency extends RowRule<Row> {
  readonly kinds = { session_without_user: 'A session of a user that does not exist.' };
  protected readonly rows: RowWalk<Row>;

  constructor(
    @InjectModel(SESSION_MODEL) sessions: Model<SessionRow>,
    private readonly users: UsersService,
  ) {
    super();
    this.rows = new RowWalk(sessions, { _id: 'text' }, ['userId']);
  }

  protected async inspect(rows: Row[]): Promise<Defect<Row>[]> {
    const isGone = await danglingAmong(
      rows.map((row) => row.userId),
      (ids) => this.users.findMissing(ids),
    );
    return rows.filter((row) => isGone(row.userId)).map((row) => ({ kind: 'session_without_user', row }));
  }
}
