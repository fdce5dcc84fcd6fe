using System.Net;

namespace TrafficCtl.Kubernetes;

/// <summary>The API server refused, or could not be asked.</summary>
/// <param name="message">What was asked (verb, object), what was said, what to do.</param>
/// <param name="code">The HTTP status; null when there was no answer.</param>
/// <param name="reason">The reason of the Status object, such as <c>Conflict</c>, <c>Forbidden</c>, <c>Expired</c>; empty when it had
/// none.</param>
public sealed class KubeException(
    string message, HttpStatusCode? code, string reason = "", TimeSpan? retryAfter = null, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>The reason of a write that was not sent because this process does not surely lead.</summary>
    public const string NotLeading = "NotLeading";

    /// <summary>The reason of a call that was not sent because there was nothing to say who we are.</summary>
    public const string NoCredentials = "NoCredentials";

    public HttpStatusCode? Code { get; } = code;

    public string Reason { get; } = reason;

    /// <summary>What the server asked for; null when it did not.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;

    /// <summary>It is unknown whether a write was done: read before it is retried.</summary>
    public bool IsInDoubt => Reason is not (NotLeading or NoCredentials)
        && Code is null or HttpStatusCode.GatewayTimeout or HttpStatusCode.BadGateway or HttpStatusCode.InternalServerError;

    public bool IsConflict => Code == HttpStatusCode.Conflict;

    public bool IsForbidden => Code == HttpStatusCode.Forbidden;

    /// <summary>The failure concerns the object that was asked for alone: with others the call may succeed.</summary>
    public bool IsOfOne => Code is HttpStatusCode.Forbidden or HttpStatusCode.NotFound or HttpStatusCode.Conflict
        or HttpStatusCode.UnprocessableEntity or HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge;

    /// <summary>A list or watch position that the server no longer knows.</summary>
    public bool IsExpired => Code == HttpStatusCode.Gone;
}
