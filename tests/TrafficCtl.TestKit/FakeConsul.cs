using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace TrafficCtl.TestKit;

/// <summary>The config entries of a Consul over real HTTP: indexes, check-and-set, tokens.</summary>
public sealed class FakeConsul : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ConcurrentDictionary<string, JsonObject> entries = new(StringComparer.Ordinal);
    private long index = 10;

    private FakeConsul()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        app = builder.Build();
        app.Run(HandleAsync);
    }

    public Uri Address { get; private set; } = new("http://unset");

    public string? Token { get; set; }

    public ConcurrentQueue<string> Calls { get; } = new();

    /// <summary>Before a call is handled; an answer is given instead of it.</summary>
    public Func<string, (int Code, string Body)?>? Intercept { get; set; }

    public static async Task<FakeConsul> StartAsync()
    {
        var consul = new FakeConsul();
        await consul.app.StartAsync();
        consul.Address =
            new Uri(consul.app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        return consul;
    }

    public JsonObject? Find(string key) => entries.GetValueOrDefault(key)?.DeepClone().AsObject();

    public void Put(JsonObject entry)
    {
        var key = $"{entry["Kind"]}/{entry["Name"]}";
        var next = entry.DeepClone().AsObject();
        var now = Interlocked.Increment(ref index);
        next["CreateIndex"] = entries.TryGetValue(key, out var old) ? old["CreateIndex"]!.DeepClone() : now;
        next["ModifyIndex"] = now;
        entries[key] = next;
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync(new CancellationToken(canceled: true));
        await app.DisposeAsync();
    }

    private async Task HandleAsync(HttpContext context)
    {
        var request = context.Request;
        var call = $"{request.Method} {request.Path}{request.QueryString}";
        Calls.Enqueue(call);
        var (code, body) = Intercept?.Invoke(call) ?? await AnswerAsync(request);
        context.Response.StatusCode = code;
        await context.Response.WriteAsync(body);
    }

    private async Task<(int Code, string Body)> AnswerAsync(HttpRequest request)
    {
        if (Token is not null && request.Headers["X-Consul-Token"] != Token) return (403, "Permission denied: token lacks permission");
        var key = request.Path.Value!["/v1/config".Length..].TrimStart('/');
        if (request.Method == "GET")
            return entries.TryGetValue(key, out var found) ? (200, found.ToJsonString()) : (404, $"Config entry not found for \"{key}\"");
        var cas = request.Query["cas"].ToString();
        if (request.Method == "DELETE")
        {
            if (entries.TryGetValue(key, out var gone) && gone["ModifyIndex"]!.ToJsonString() == cas)
                return (200, entries.TryRemove(key, out _) ? "true" : "false");
            return (200, "false");
        }

        using var reader = new StreamReader(request.Body);
        var entry = JsonNode.Parse(await reader.ReadToEndAsync())!.AsObject();
        var weights = (entry["Splits"] as JsonArray)?.Sum(s => s!["Weight"]!.GetValue<decimal>());
        if (weights is not null and not 100) return (500, $"Bad request: The sum of all split weights must be 100, not {weights}");
        var held = entries.GetValueOrDefault($"{entry["Kind"]}/{entry["Name"]}")?["ModifyIndex"]?.ToJsonString() ?? "0";
        if (cas != held) return (200, "false");
        Put(entry);
        return (200, "true");
    }
}
