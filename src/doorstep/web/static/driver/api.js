// API: the driver's doors. Every write carries a key, so that the same step told twice is done once.

export class Unreachable extends Error {}

export class Unpaired extends Error {}

/** A rule said no; the sentence is for people. */
export class Refused extends Error {
  constructor(problem) {
    super([problem.detail, ...(problem.errors ?? []).map((one) => one.detail)].filter((text, i, all) => all.indexOf(text) === i).join(" "));
    this.code = problem.code;
  }
}

/** A key for one step: it is kept with the step, so that trying again says the same. */
export function stepKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function ask(path, options) {
  let answer;
  try {
    answer = await fetch(path, { cache: "no-store", ...options });
  } catch (fault) {
    throw new Unreachable("The server cannot be reached.", { cause: fault });
  }
  if (answer.status === 401) throw new Unpaired("This phone is not paired any more.");
  if (answer.status >= 500) throw new Unreachable(`The server answered ${answer.status}.`);
  const said = await answer.json();
  if (!answer.ok) throw new Refused(said);
  return said;
}

export const read = (path) => ask(path, {});

export const tell = (path, body, key) =>
  ask(path, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": key },
    body: JSON.stringify(body),
  });

/** Send a picture of a delivery; its hash names it from then on. */
export async function put(delivery, picture, key) {
  const { sha256 } = await ask("/v1/driver/proofs", {
    method: "POST",
    headers: { "content-type": picture.type, "idempotency-key": key, "x-delivery": delivery },
    body: picture,
  });
  return sha256;
}
