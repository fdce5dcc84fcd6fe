using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace TrafficCtl.Kubernetes.Client;

/// <summary>One watch: a line an event, until the server ends it or is silent for longer than it can be.</summary>
internal sealed class KubeWatchLines(KubeWire wire, TimeProvider clock)
{
    /// <summary>The server's own timeout is spread, so that not all watches end at once.</summary>
    public static readonly TimeSpan Shortest = TimeSpan.FromSeconds(300), Longest = TimeSpan.FromSeconds(600);

    /// <summary>How long a watch may be silent past its timeout.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Bookmarks come about once a minute from servers that send them at all: after one, silence for this long means a dead watch.
    /// </summary>
    private static readonly TimeSpan BetweenBookmarks = TimeSpan.FromMinutes(3);

    /// <summary>The body is the message's, which is disposed with it.</summary>
    private static readonly StreamPipeReaderOptions Buffers = new(bufferSize: 16 * 1024, leaveOpen: true);

    /// <exception cref="KubeException">An ERROR event, a cut connection, or a silence.</exception>
    public async IAsyncEnumerable<KubeChange> ReadAsync(
        KubeAsk ask, TimeSpan timeout, [EnumeratorCancellation] CancellationToken stop)
    {
        using var message = await wire.OpenAsync(ask, stop);
        using var silence = new CancellationTokenSource(timeout + Grace, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(stop, silence.Token);
        var lines = PipeReader.Create(await message.Content.ReadAsStreamAsync(both.Token), Buffers);
        try
        {
            var hasBookmarks = false;
            while (await NextAsync(ask, lines, stop, both.Token) is { } change)
            {
                hasBookmarks |= change.Kind == KubeChangeKind.Bookmark;
                silence.CancelAfter(hasBookmarks ? BetweenBookmarks : timeout + Grace);
                yield return change;
            }
        }
        finally
        {
            await lines.CompleteAsync();
        }
    }

    /// <summary>The next event; null at the end of the stream.</summary>
    private async ValueTask<KubeChange?> NextAsync(KubeAsk ask, PipeReader lines, CancellationToken stop, CancellationToken both)
    {
        while (true)
        {
            var read = await ReadAsync(ask, lines, stop, both);
            var (text, rest) = (read.Buffer, read.Buffer.End);
            if (text.PositionOf((byte)'\n') is { } end)
            {
                (text, rest) = (text.Slice(0, end), text.GetPosition(1, end));
            }
            else if (!read.IsCompleted)
            {
                lines.AdvanceTo(text.Start, text.End);
                continue;
            }

            var change = IsBlank(text) ? (KubeChange?)null : Parse(ask, text);
            var isLast = read.IsCompleted && read.Buffer.Slice(rest).IsEmpty;
            lines.AdvanceTo(rest);
            if (change is not null || isLast) return change;
        }
    }

    private async ValueTask<ReadResult> ReadAsync(KubeAsk ask, PipeReader lines, CancellationToken stop, CancellationToken both)
    {
        try
        {
            return await lines.ReadAsync(both);
        }
        catch (OperationCanceledException e) when (!stop.IsCancellationRequested)
        {
            throw new KubeException(
                $"{ask}: the watch has said nothing for longer than it can be silent; it is taken for dead and begun again.", null,
                "Silent",
                inner: e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw KubeAnswer.Unreachable(ask, wire.Access, e);
        }
    }

    private static bool IsBlank(ReadOnlySequence<byte> text)
    {
        foreach (var part in text)
            if (part.Span.ContainsAnyExcept((byte)' ', (byte)'\r')) return false;
        return true;
    }

    /// <summary>An object keeps the bytes of its own line, and unfolds what is looked at.</summary>
    private KubeChange Parse(KubeAsk ask, ReadOnlySequence<byte> line)
    {
        JsonObject? what;
        string? type;
        try
        {
            var change = JsonNode.Parse(line.IsSingleSegment ? line.FirstSpan : line.ToArray(), null, KubePage.Strict);
            what = change?["object"] as JsonObject;
            type = change?["type"]?.GetValue<string>();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw KubeAnswer.NotJson(ask, wire.Access, e.Message);
        }

        if (what is null) throw KubeAnswer.NotJson(ask, wire.Access, "an event without an object");
        if (type == "ERROR") throw KubeAnswer.Of(ask, wire.Access, Code(what), what, "", null);
        what.Parent!.AsObject().Remove("object");
        return new KubeChange(type switch
        {
            "ADDED" => KubeChangeKind.Added,
            "MODIFIED" => KubeChangeKind.Modified,
            "DELETED" => KubeChangeKind.Deleted,
            "BOOKMARK" => KubeChangeKind.Bookmark,
            _ => throw KubeAnswer.NotJson(ask, wire.Access, $"an event of the type {type}"),
        }, what);
    }

    private static HttpStatusCode Code(JsonObject status) =>
        status["code"] is JsonValue code && code.TryGetValue<int>(out var number)
            ? (HttpStatusCode)number
            : HttpStatusCode.InternalServerError;

    public static string Seconds(TimeSpan timeout) => ((int)timeout.TotalSeconds).ToString(CultureInfo.InvariantCulture);
}
