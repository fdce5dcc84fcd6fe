using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using TrafficCtl.TestKit;

namespace TrafficCtl.Kubernetes.Tests.Fakes;

/// <summary>The fake asked with nothing but HTTP.</summary>
internal sealed class RawKube(FakeKube kube) : IDisposable
{
    private readonly HttpClient http = new() { BaseAddress = kube.Address };

    public Task<(int Code, JsonObject Body)> GetAsync(string path) => SendAsync(HttpMethod.Get, path, null, "");

    public Task<(int Code, JsonObject Body)> PostAsync(string path, string body) =>
        SendAsync(HttpMethod.Post, path, body, "application/json");

    public Task<(int Code, JsonObject Body)> PutAsync(string path, JsonObject body) =>
        SendAsync(HttpMethod.Put, path, body.ToJsonString(), "application/json");

    public Task<(int Code, JsonObject Body)> DeleteAsync(string path, string? body = null) =>
        SendAsync(HttpMethod.Delete, path, body, "application/json");

    public Task<(int Code, JsonObject Body)> PatchAsync(string path, string body, string type = "json-patch+json") =>
        SendAsync(HttpMethod.Patch, path, body, "application/" + type);

    public async Task<StreamReader> WatchAsync(string path)
    {
        var answer = await http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead);
        return new StreamReader(await answer.EnsureSuccessStatusCode().Content.ReadAsStreamAsync());
    }

    public void Dispose() => http.Dispose();

    private async Task<(int Code, JsonObject Body)> SendAsync(HttpMethod method, string path, string? body, string type)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8);
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        }

        using var answer = await http.SendAsync(request);
        return ((int)answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsStringAsync())!.AsObject());
    }
}
