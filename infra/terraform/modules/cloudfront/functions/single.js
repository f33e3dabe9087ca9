// A single-page application has one page: a path whose last part has no ending is the page's own route. Runs as viewer-request.
function handler(event) {
    var request = event.request;
    var path = request.uri;
    if (!path.slice(path.lastIndexOf('/') + 1).includes('.')) {
        request.uri = '/index.html';
    }
    return request;
}
