import { startGitLab } from "../..";
import type { StandIn } from "../../stand-in";
import { restOf, type WebhookReceiver, webhookReceiver } from "../../testing";

let gitlab: StandIn;
let rest: ReturnType<typeof restOf>;
let receiver: WebhookReceiver;

beforeEach(async () => {
  receiver = await webhookReceiver();
  gitlab = await startGitLab({ timing: { delayMs: [0, 0], repeat: 0, late: 0 } });
  rest = restOf(gitlab);
});
afterEach(async () => {
  await gitlab.close();
  receiver.close();
});

describe("a project by its path", () => {
  it("is the same project as by its id, under that path everywhere", async () => {
    const { body: project } = await rest("GET", "/projects/group%2Fsub%2Fapp");
    expect(project).toMatchObject({ path: "app", path_with_namespace: "group/sub/app" });
    expect(project.namespace).toMatchObject({ full_path: "group/sub", kind: "group" });
    expect((await rest("GET", `/projects/${project.id}`)).body).toEqual(project);
    const jobs = [{ name: "a", script: ["true"] }];
    const { status, body } = await rest("POST", "/projects/group%2Fsub%2Fapp/pipeline", { jobs });
    expect([status, body.project_id]).toEqual([201, project.id]);
    const [job] = (await rest("GET", `/projects/${project.id}/jobs`)).body;
    expect(job.web_url).toBe(`${gitlab.url}/group/sub/app/-/jobs/${job.id}`);
  });

  it("has the path of its id as long as nobody names another", async () => {
    const { body } = await rest("GET", "/projects/local%2Fproject-42");
    expect(body).toMatchObject({ id: 42, path_with_namespace: "local/project-42" });
  });

  it.each(["app", "group%2F..%2F", "group%2Fa%20b"])("is not %s", async (path) => {
    expect((await rest("GET", `/projects/${path}`)).status).toBe(404);
  });
});

describe("a group", () => {
  it("is there by its path, and by its id then; it lists its projects and those of groups below", async () => {
    const { body: group } = await rest("GET", "/groups/group");
    expect(group).toMatchObject({ full_path: "group", parent_id: null });
    expect((await rest("GET", `/groups/${group.id}`)).body).toEqual(group);
    for (const path of ["group%2Fapp", "group%2Fsub%2Fapp", "groups%2Fapp"])
      await rest("GET", `/projects/${path}`);
    const { body } = await rest("GET", `/groups/${group.id}/projects?include_subgroups=true`);
    const paths = body.map((project: { path_with_namespace: string }) => project.path_with_namespace);
    expect(paths.sort()).toEqual(["group/app", "group/sub/app"]);
    expect((await rest("GET", "/groups/999")).status).toBe(404);
    expect((await rest("POST", "/groups/999/hooks", { url: receiver.url })).status).toBe(404);
  });

  it("has webhooks, which get the job events of the projects below it and of no other", async () => {
    const parameters = { url: receiver.url, token: "of the group", job_events: true, push_events: false };
    const { status, body: webhook } = await rest("POST", "/groups/group/hooks", parameters);
    expect([status, webhook.job_events, webhook.token_present]).toEqual([201, true, true]);
    expect((await rest("GET", "/groups/group/hooks")).body).toEqual([webhook]);
    expect((await rest("GET", "/groups/other/hooks")).body).toEqual([]);
    expect((await rest("GET", `/projects/1/hooks`)).body).toEqual([]);
    const jobs = [{ name: "a", script: ["true"] }];
    await rest("POST", "/projects/other%2Fapp/pipeline", { jobs });
    await rest("POST", "/projects/group%2Fsub%2Fapp/pipeline", { jobs });
    await receiver.until(2);
    const projects = receiver.received.map(({ body }) => body.project_name);
    expect(projects).toEqual(["group / sub / app", "group / sub / app"]);
    await rest("PUT", `/groups/group/hooks/${webhook.id}`, { job_events: false });
    expect((await rest("DELETE", `/groups/group/hooks/${webhook.id}`)).status).toBe(204);
    expect((await rest("GET", "/groups/group/hooks")).body).toEqual([]);
  });
});
