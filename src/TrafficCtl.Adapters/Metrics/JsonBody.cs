using System.Text.Json;

namespace TrafficCtl.Adapters.Metrics;

/// <summary>A JSON body of bounded size.</summary>
internal static class JsonBody
{
    /// <returns>Null when the body is not JSON.</returns>
    /// <exception cref="InvalidDataException">Larger than <paramref name="mostBytes"/>.</exception>
    public static async Task<JsonDocument?> ReadAsync(HttpContent content, long mostBytes, CancellationToken stop)
    {
        if (content.Headers.ContentLength > mostBytes) throw TooLarge(mostBytes);
        var buffer = new MemoryStream((int)Math.Min(content.Headers.ContentLength ?? 64 * 1024, mostBytes));
        await using var body = await content.ReadAsStreamAsync(stop);
        var part = new byte[64 * 1024];
        for (int read; (read = await body.ReadAsync(part, stop)) > 0;)
        {
            if (buffer.Length + read > mostBytes) throw TooLarge(mostBytes);
            buffer.Write(part, 0, read);
        }

        try
        {
            return JsonDocument.Parse(buffer.GetBuffer().AsMemory(0, (int)buffer.Length));
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static InvalidDataException TooLarge(long mostBytes) => new($"it is larger than {mostBytes >> 20} MiB");
}
