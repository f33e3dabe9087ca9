// A static export lays the page /a/b down as a/b.html: a path without an ending gets it. Runs as viewer-request.
function handler(event) {
    var request = event.request;
    var path = request.uri;
    if (path.endsWith('/')) {
        request.uri = path === '/' ? '/index.html' : path.slice(0, -1) + '.html';
    } else if (!path.slice(path.lastIndexOf('/') + 1).includes('.')) {
        request.uri = path + '.html';
    }
    return request;
}
