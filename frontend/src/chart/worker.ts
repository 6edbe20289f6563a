/** The worker: a stage on its own thread, where painting never holds up the page. */

import type { Batch } from "./messages";
import { workerRoom } from "./room";
import { Stage } from "./stage";

const scope = self as unknown as DedicatedWorkerGlobalScope;
const stage = new Stage(workerRoom(scope));

scope.onmessage = (event: MessageEvent<Batch>) => stage.receive(event.data);
