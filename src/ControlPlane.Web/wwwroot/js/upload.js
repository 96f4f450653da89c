// Uploads a file in pieces over plain HTTP; it goes on when the circuit is lost and when the connection was cut.
//
//   const upload = start(file, { model, version, notes, sha256 }, listener)
//     file      a File, or the id of an <input type=file>
//     version   number wanted, or null;  notes  { text, metrics, tags, source } or null;  sha256  hex or null
//     listener  a .NET object reference; called at most four times a second:
//                 OnUploadProgress({ state, sent, size, bytesPerSecond, secondsLeft })
//               state: 'sending' | 'waiting' (lost, tries again) | 'paused' | 'checking'
//               and once at the end one of:
//                 OnUploadAccepted({ model, version, status, digest })
//                 OnUploadRefused({ code, detail, field, status })     nothing was kept
//                 OnUploadCancelled()
//   upload.pause()  upload.resume()  upload.cancel()
//   isUploading()   true while any upload runs; leaving the page asks then
//
// From .NET: const module = import('./js/upload.js'); module.start(inputId, options, DotNetObjectReference) returns the object above
// as a JS object reference.

const notifyEvery = 250;
const firstDelay = 500;
const longestDelay = 15000;
const running = new Set();

export const isUploading = () => running.size > 0;

addEventListener('beforeunload', event => {
  if (isUploading()) event.preventDefault();
});

export function start(source, options, listener) {
  const file = typeof source === 'string' ? document.getElementById(source).files[0] : source;
  const upload = new Upload(file, options, listener);
  upload.run();
  return upload;
}

class Refused extends Error {
  constructor(problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

class Upload {
  #file; #options; #listener; #base; #address = null; #token = null; #request = null;
  #sent = 0; #paused = false; #cancelled = false; #wake = null; #told = 0; #rate = 0; #mark = null;

  constructor(file, options, listener) {
    this.#file = file;
    this.#options = options;
    this.#listener = listener;
    this.#base = `/api/v1/models/${encodeURIComponent(options.model)}/uploads`;
  }

  pause() {
    this.#paused = true;
    this.#request?.abort();
    this.#tell('paused', true);
  }

  resume() {
    this.#paused = false;
    this.#mark = null;
    this.#wake?.();
  }

  cancel() {
    this.#cancelled = true;
    this.#request?.abort();
    this.#wake?.();
  }

  async run() {
    running.add(this);
    try {
      const version = await this.#all();
      await this.#listener.invokeMethodAsync('OnUploadAccepted', version);
    } catch (error) {
      if (this.#cancelled) {
        if (this.#address) await this.#send('DELETE', this.#address).catch(() => {});
        await this.#listener.invokeMethodAsync('OnUploadCancelled').catch(() => {});
      } else {
        const problem = error instanceof Refused ? error.problem : { code: 'Failed', detail: String(error?.message ?? error), status: 0 };
        await this.#listener.invokeMethodAsync('OnUploadRefused', problem).catch(() => {});
      }
    } finally {
      running.delete(this);
    }
  }

  async #all() {
    const { version = null, notes = null, sha256 = null } = this.#options;
    const opened = await this.#patiently(() => this.#json('POST', this.#base, { name: this.#file.name, size: this.#file.size, sha256, version, notes }));
    this.#address = `${this.#base}/${opened.id}`;
    while (this.#sent < this.#file.size) await this.#patiently(() => this.#piece(opened.chunkSize));
    this.#tell('checking', true);
    return await this.#patiently(() => this.#json('POST', `${this.#address}/complete`));
  }

  // Repeats what failed for a reason that may pass; a refusal is final.
  async #patiently(action) {
    for (let delay = firstDelay; ; delay = Math.min(delay * 2, longestDelay)) {
      if (this.#cancelled) throw new Error('cancelled');
      if (this.#paused) {
        await new Promise(wake => { this.#wake = wake; });
        continue;
      }
      try {
        return await action();
      } catch (error) {
        if (this.#cancelled || error instanceof Refused) throw error;
        if (this.#paused) continue;
        this.#mark = null;
        this.#tell('waiting', true);
        await new Promise(wake => { this.#wake = wake; setTimeout(wake, delay); });
        if (this.#address) await this.#find().catch(missing => { if (missing instanceof Refused) throw missing; });
      }
    }
  }

  async #piece(size) {
    const from = this.#sent;
    const piece = this.#file.slice(from, from + size);
    try {
      const request = await this.#send('PUT', `${this.#address}?offset=${from}`, piece, sent => {
        this.#sent = from + sent;
        this.#tell('sending');
      });
      this.#sent = Number(request.getResponseHeader('Upload-Offset') ?? from + piece.size);
    } catch (error) {
      this.#sent = from;
      if (error instanceof Refused && error.problem.code === 'WrongOffset') return await this.#find();
      // After a pause or a cut the server says how far it came.
      if (this.#paused && !this.#cancelled) await this.#find().catch(() => {});
      throw error;
    }
  }

  async #find() {
    const request = await this.#send('HEAD', this.#address);
    this.#sent = Number(request.getResponseHeader('Upload-Offset'));
  }

  async #json(method, address, body) {
    const request = await this.#send(method, address, body === undefined ? null : JSON.stringify(body), null, 'application/json');
    return JSON.parse(request.responseText);
  }

  async #send(method, address, body = null, progress = null, type = 'application/octet-stream') {
    if (method !== 'HEAD') this.#token ??= (await (await fetch('/api/v1/antiforgery')).json()).token;
    return await new Promise((done, failed) => {
      const request = new XMLHttpRequest();
      this.#request = request;
      request.open(method, address);
      if (body !== null) request.setRequestHeader('Content-Type', type);
      if (method !== 'HEAD') request.setRequestHeader('RequestVerificationToken', this.#token);
      if (progress) request.upload.onprogress = event => progress(event.loaded);
      request.onload = () => {
        if (request.status < 300) return done(request);
        if (request.status === 429 || request.status >= 500) return failed(new Error(`status ${request.status}`));
        failed(new Refused(problemOf(request)));
      };
      request.onerror = request.onabort = request.ontimeout = () => failed(new Error('connection lost'));
      request.send(body);
    });
  }

  #tell(state, now = false) {
    const time = performance.now();
    if (!now && time - this.#told < notifyEvery) return;
    this.#told = time;
    if (state === 'sending') this.#measure(time);
    const left = this.#file.size - this.#sent;
    this.#listener.invokeMethodAsync('OnUploadProgress', {
      state, sent: this.#sent, size: this.#file.size, bytesPerSecond: this.#rate, secondsLeft: this.#rate > 0 ? left / this.#rate : null,
    }).catch(() => {});
  }

  #measure(time) {
    if (this.#mark && time > this.#mark.time) {
      const rate = (this.#sent - this.#mark.sent) / ((time - this.#mark.time) / 1000);
      if (rate >= 0) this.#rate = this.#rate ? 0.7 * this.#rate + 0.3 * rate : rate;
    }
    this.#mark = { time, sent: this.#sent };
  }
}

function problemOf(request) {
  try {
    return { status: request.status, ...JSON.parse(request.responseText) };
  } catch {
    return { status: request.status, code: 'Failed', detail: `The control plane answered ${request.status}.` };
  }
}
