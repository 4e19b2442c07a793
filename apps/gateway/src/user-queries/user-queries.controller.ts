import { Body, Inject, Param, Query } from '@nestjs/common';
import {
  type CreateUserQuery,
  gatewayContract,
  type Page,
  type PageQuery,
  type UpdateUserQuery,
  type UserQuery,
  type UserQueryStatus,
  type UserQueryWithSources,
} from '@torale/contracts';
import { Handle } from '@torale/service-host';
import { type Caller, CurrentCaller } from '../auth/caller.ts';
import { UserController } from '../user-controller.ts';
import { UserQueriesService } from './user-queries.service.ts';

const { createUserQuery, listUserQueries, getUserQuery, updateUserQuery, deleteUserQuery } =
  gatewayContract.endpoints;

@UserController()
export class UserQueriesController {
  constructor(@Inject(UserQueriesService) private readonly queries: UserQueriesService) {}

  @Handle(createUserQuery)
  create(
    @CurrentCaller() caller: Caller,
    @Body({ schema: createUserQuery.body }) body: CreateUserQuery,
  ): Promise<UserQueryWithSources> {
    return this.queries.create(caller, body);
  }

  @Handle(listUserQueries)
  list(
    @CurrentCaller() caller: Caller,
    @Query({ schema: listUserQueries.query }) query: PageQuery & { status?: UserQueryStatus },
  ): Promise<Page<UserQuery>> {
    return this.queries.list(caller, query);
  }

  @Handle(getUserQuery)
  get(
    @CurrentCaller() caller: Caller,
    @Param({ schema: getUserQuery.params }) { id }: { id: string },
  ): Promise<UserQueryWithSources> {
    return this.queries.get(caller, id);
  }

  @Handle(updateUserQuery)
  update(
    @CurrentCaller() caller: Caller,
    @Param({ schema: updateUserQuery.params }) { id }: { id: string },
    @Body({ schema: updateUserQuery.body }) body: UpdateUserQuery,
  ): Promise<UserQueryWithSources> {
    return this.queries.update(caller, id, body);
  }

  @Handle(deleteUserQuery)
  delete(
    @CurrentCaller() caller: Caller,
    @Param({ schema: deleteUserQuery.params }) { id }: { id: string },
  ): Promise<void> {
    return this.queries.delete(caller, id);
  }
}
