using System.Text;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Tests;

/// <summary>A daemon on a real loopback port that answers what the test gave it, by path and query.</summary>
internal sealed class CannedDaemon : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly Dictionary<string, (int Status, string MediaType, string Body)> answers = new(StringComparer.Ordinal);

    private CannedDaemon(WebApplication app) => this.app = app;

    public string Address => app.Urls.Single();

    /// <summary>Event streams stay open after their last event.</summary>
    public bool HoldsStreams { get; set; }

    public List<string> Bodies { get; } = [];

    public static async Task<CannedDaemon> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var daemon = new CannedDaemon(builder.Build());
        daemon.app.Run(daemon.AnswerAsync);
        await daemon.app.StartAsync();
        return daemon;
    }

    public CannedDaemon With(string path, IMessage message) => With(path, 200, "application/json", JsonFormatter.Default.Format(message));

    public CannedDaemon With(string path, Problem problem) =>
        With(path, problem.Status, "application/problem+json", JsonFormatter.Default.Format(problem));

    public CannedDaemon WithEvents(string path, params ServiceStatus[] statuses) =>
        With(path, 200, "text/event-stream", string.Concat(
            statuses.Select(s => $"event: status\ndata: {JsonFormatter.Default.Format(s)}\n\n")));

    public CannedDaemon With(string path, int status, string mediaType, string body)
    {
        answers[path] = (status, mediaType, body);
        return this;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        if (HttpMethods.IsPost(context.Request.Method)) Bodies.Add(await new StreamReader(context.Request.Body).ReadToEndAsync());
        var (status, mediaType, body) = answers.GetValueOrDefault(
            $"{context.Request.Path}{context.Request.QueryString}", (404, "text/plain", ""));
        (context.Response.StatusCode, context.Response.ContentType) = (status, mediaType);
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(body));
        if (!HoldsStreams || mediaType != "text/event-stream") return;
        await context.Response.Body.FlushAsync();
        var gone = new TaskCompletionSource();
        await using var end = context.RequestAborted.Register(gone.SetResult);
        await gone.Task;
    }
}
