using System.Buffers;
using System.Text;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using TrafficCtl.Core.Routing;
using TrafficCtl.Daemon.WindowJudging;
using TrafficCtl.V1;

namespace TrafficCtl.Daemon.Api.Windows;

/// <summary>The windows of a request as both protocols send them: lines of JSON.</summary>
internal static class WindowRequests
{
    public const string MediaType = "application/x-ndjson";

    /// <summary>The question in a query.</summary>
    public static Answer<WindowQuestion> QuestionOf(HttpContext context)
    {
        var query = context.Request.Query;
        if (!QueryNumber.TryRead(query, "nextWeight", Weights.Total, 0, Weights.Total, out var next))
            return WindowHandlers.NoWeight;
        return query["explain"].ToString() is "" or "true" or "false"
            ? WindowHandlers.QuestionOf(query["analysis"].ToString(), (int)next, query["explain"].ToString() == "true")
            : Refusal.BadRequest("explain is true or false", "options.explain");
    }

    public static Answer<WindowQuestion> QuestionOf(JudgeOptions? options) => WindowHandlers.QuestionOf(
        options?.Analysis ?? "", options is { HasNextWeight: true } ? options.NextWeight : Weights.Total, options?.Explain ?? false);

    /// <summary>Sends the lines of a body.</summary>
    /// <exception cref="WindowLimitException">There are too many.</exception>
    public static async Task SendAsync(HttpRequest request, WindowFeed to, CancellationToken stop)
    {
        var body = request.BodyReader;
        try
        {
            while (true)
            {
                var read = await body.ReadAsync(stop);
                foreach (var piece in read.Buffer)
                    if (!await to.WriteAsync(piece, stop)) return;
                body.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted) return;
            }
        }
        catch (BadHttpRequestException refused)
        {
            throw new WindowLimitException(refused.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? $"the windows of a request may have {WindowFeed.MostBytes} bytes: send fewer"
                : $"the body cannot be read: {refused.Message}");
        }
    }

    /// <summary>Sends the windows of messages, beginning with the one that was read last.</summary>
    /// <exception cref="WindowLimitException">There are too many.</exception>
    public static async Task SendAsync(IAsyncStreamReader<JudgeRequest> messages, WindowFeed to, CancellationToken stop)
    {
        var lines = new ArrayBufferWriter<byte>();
        do
        {
            lines.ResetWrittenCount();
            foreach (var window in messages.Current.Windows)
            {
                Encoding.UTF8.GetBytes(MessageJson.Format(window), lines);
                lines.Write("\n"u8);
            }

            if (!await to.WriteAsync(lines.WrittenMemory, stop)) return;
        }
        while (await messages.MoveNext(stop));
    }
}
