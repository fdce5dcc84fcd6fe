using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;

namespace TrafficCtl.Daemon.Api;

/// <summary>Messages of the contract as proto3 JSON, both ways.</summary>
internal static class Messages
{
    /// <summary>The longest body that is read, in bytes.</summary>
    public const int BodyLimit = 64 * 1024;

    private const int DepthLimit = 16;

    private static readonly JsonParser Parser = new(new JsonParser.Settings(DepthLimit));
    private static readonly JsonDocumentOptions Unambiguous = new() { AllowDuplicateProperties = false, MaxDepth = DepthLimit };
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>One line.</summary>
    public static string Format(IMessage message) => MessageJson.Format(message);

    public static IResult Ok(IMessage message) => new MessageResult(message);

    public static async Task WriteAsync(HttpResponse response, int status, string mediaType, string body, CancellationToken stop)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        Begin(response, status, mediaType);
        response.ContentLength = bytes.Length;
        await response.Body.WriteAsync(bytes, stop);
    }

    /// <summary>What stands before every body.</summary>
    public static void Begin(HttpResponse response, int status, string mediaType)
    {
        response.StatusCode = status;
        response.ContentType = mediaType;
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
    }

    /// <summary>The body as a message, or the problem to answer.</summary>
    public static async Task<(T? Message, ProblemResult? Problem)> ReadAsync<T>(HttpRequest request, CancellationToken stop)
        where T : class, IMessage, new()
    {
        if (request.ContentLength > BodyLimit) return (null, TooLong());
        var buffer = new byte[BodyLimit + 1];
        int length;
        try
        {
            length = await request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, stop);
        }
        catch (BadHttpRequestException refused) when (refused.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return (null, TooLong()); // The server's own limit: of a body that comes in chunks it is known late.
        }
        catch (BadHttpRequestException broken)
        {
            return (null, new ProblemResult(broken.StatusCode, "the body cannot be read", broken.Message));
        }
        catch (IOException broken)
        {
            // The server's way to say that chunks have sizes that are none; and that the sender went.
            return (null, new ProblemResult(StatusCodes.Status400BadRequest, "the body cannot be read", broken.Message));
        }

        if (length > BodyLimit) return (null, TooLong());
        try
        {
            var text = Strict.GetString(buffer.AsSpan(0, length));
            // The parser of messages takes the last of two values of a key, whichever was meant.
            using (JsonDocument.Parse(text, Unambiguous)) return (Parser.Parse<T>(text), null);
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidJsonException or JsonException or DecoderFallbackException)
        {
            return (null, ProblemResult.Of(Refusal.BadRequest($"the body is not a {typeof(T).Name} in JSON: {e.Message}")));
        }
    }

    private static ProblemResult TooLong() =>
        new(StatusCodes.Status413PayloadTooLarge, "body too long", $"a body may have {BodyLimit} bytes");

    private sealed class MessageResult(IMessage message) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext) =>
            WriteAsync(httpContext.Response, StatusCodes.Status200OK, "application/json", Format(message), httpContext.RequestAborted);
    }
}
