// What a browser would run as a page is downloaded instead of shown. Runs as viewer-response.
function handler(event) {
    var headers = event.response.headers;
    var type = headers['content-type'] ? headers['content-type'].value.toLowerCase() : '';
    if (type === '' || /html|xml|svg|javascript|octet-stream/.test(type)) {
        headers['content-disposition'] = { value: 'attachment' };
    }
    return event.response;
}
