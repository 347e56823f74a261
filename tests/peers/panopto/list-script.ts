// What Sessions/List.aspx does in the browser: asks for the rows that its fragment names, and again when that changes.

export const LIST_SCRIPT = `
async function ask(method, body) {
  const answer = await fetch("/Panopto/Services/Data.svc/" + method, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  return (await answer.json()).d ?? {};
}

function wanted() {
  const given = new URLSearchParams(location.hash.slice(1));
  const value = (key) => { try { return JSON.parse(given.get(key) ?? "null"); } catch { return null; } };
  const flags = { isSharedWithMe: value("isSharedWithMe") === true, isSubscriptionsPage: value("isSubscriptionsPage") === true };
  return { query: value("query"), sortColumn: 1, sortAscending: true, maxResults: 25, page: 0, folderID: value("folderID"), getFolderData: true, ...flags };
}

async function titleOf(asked) {
  if (asked.isSharedWithMe) return "Shared with Me";
  if (asked.isSubscriptionsPage) return "Subscriptions";
  return asked.folderID === null ? "All lectures" : (await ask("GetFolderInfo", { folderID: asked.folderID })).Name ?? "";
}

function row(href, text) {
  const link = Object.assign(document.createElement("a"), { className: "detail-title", href, textContent: text });
  const item = document.createElement("li");
  item.append(link);
  return item;
}

async function show() {
  const asked = wanted();
  const found = await ask("GetSessions", { queryParameters: asked });
  document.title = await titleOf(asked);
  document.getElementById("contentHeader").textContent = document.title;
  const folders = (found.Subfolders ?? []).map(({ ID, Name }) => row("#folderID=" + encodeURIComponent(JSON.stringify(ID)), Name));
  document.getElementById("subfolders").replaceChildren(...folders);
  document.getElementById("detailsTable").replaceChildren(...(found.Results ?? []).map(({ ViewerUrl, SessionName }) => row(ViewerUrl, SessionName)));
}

addEventListener("hashchange", () => void show());
void show();
`;
