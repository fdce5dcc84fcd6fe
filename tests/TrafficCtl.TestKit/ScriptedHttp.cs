using System.Net;
using System.Text;

namespace TrafficCtl.TestKit;

/// <summary>A server that answers each request as told, and remembers what was asked.</summary>
public sealed class ScriptedHttp(Func<string, HttpResponseMessage> answer) : HttpMessageHandler
{
    public IList<string> Bodies { get; } = [];

    public IList<HttpRequestMessage> Requests { get; } = [];

    public static HttpResponseMessage Json(string body, HttpStatusCode code = HttpStatusCode.OK) =>
        new(code) { Content = new StringContent(body, Encoding.UTF8, "application/json") };

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
        lock (Bodies)
        {
            Requests.Add(request);
            Bodies.Add(body);
        }

        return answer(body);
    }
}
