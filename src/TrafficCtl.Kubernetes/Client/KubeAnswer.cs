using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Kubernetes.Access;

namespace TrafficCtl.Kubernetes.Client;

/// <summary>What went wrong, in words: the verb and the object, what the server said, what to do.</summary>
internal static partial class KubeAnswer
{
    private const int MostSaid = 600;

    public static KubeException Of(
        KubeAsk ask, KubeAccess access, HttpResponseMessage answer, JsonObject? status, string text, TimeProvider clock) =>
        Of(ask, access, answer.StatusCode, status, text, RetryAfter(answer, clock));

    /// <param name="ask">What was asked.</param>
    /// <param name="access">Where.</param>
    /// <param name="code">The status code of HTTP, or of the Status in a watch.</param>
    /// <param name="status">Null when the body was none.</param>
    /// <param name="text">The body.</param>
    /// <param name="retryAfter">What the header says; null without one.</param>
    public static KubeException Of(
        KubeAsk ask, KubeAccess access, HttpStatusCode code, JsonObject? status, string text, TimeSpan? retryAfter)
    {
        var reason = Text(status, "reason") ?? "";
        var said = Short(status is null ? Plain(text) : Text(status, "message") ?? "");
        var causes = Causes(status, said);
        if (causes.Length > 0) said = $"{said} ({causes})";
        if (retryAfter is null
            && status?["details"] is JsonObject details
            && details["retryAfterSeconds"] is JsonValue seconds
            && seconds.TryGetValue<int>(out var wait)
            && wait > 0)
            retryAfter = TimeSpan.FromSeconds(wait);
        var advice = Advice(ask, access, code, status);
        return new KubeException(
            $"{ask}: {(int)code}{(reason.Length == 0 ? "" : " " + reason)}{(said.Length == 0 ? "" : ": " + said)}. {advice}".TrimEnd(),
            code, reason, retryAfter);
    }

    /// <summary>True when the object is not there; false when nothing of its kind is served.</summary>
    public static bool IsMissingObject(KubeException e, JsonObject? status) =>
        e.Code == HttpStatusCode.NotFound && !string.IsNullOrEmpty(Text(status?["details"] as JsonObject, "name"));

    public static KubeException TimedOut(KubeAsk ask, KubeAccess access, Exception? inner) => new(
        $"{ask}: no answer from {access.Server.Authority} within {DurationText.Of(ask.Timeout)}. "
        + (ask.IsRead ? "It is retried." : "Whether it was done is unknown: read the object before it is retried."),
        null, "Timeout", inner: inner);

    public static KubeException Unreachable(KubeAsk ask, KubeAccess access, Exception e)
    {
        var root = e.GetBaseException();
        var advice = root switch
        {
            SocketException { SocketErrorCode: SocketError.HostNotFound } =>
                $"The name {access.Server.Host} is not known here: check the server of {access.From}.",
            SocketException { SocketErrorCode: SocketError.ConnectionRefused } =>
                $"Nothing listens at {access.Server.Authority}: check the server of {access.From}.",
            System.Security.Authentication.AuthenticationException =>
                $"The TLS handshake failed: check the certificate authority and the client certificate of {access.From}.",
            _ => "It is retried.",
        };
        return new KubeException(
            $"{ask}: {access.Server.Authority} cannot be reached: {Short(root.Message.TrimEnd('.'))}. {advice}", null, "Unreachable",
            inner: e);
    }

    public static KubeException NotJson(KubeAsk ask, KubeAccess access, string why) => new(
        $"{ask}: what {access.Server.Authority} answered is not JSON ({Short(why)}). Is it an API server?", null, "Unreadable");

    public static JsonObject? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text) as JsonObject is { } body && Text(body, "kind") == "Status" ? body : null;
        }
        catch (JsonException)
        {
            return null; // A proxy's page, or "404 page not found".
        }
    }

    private static string Advice(KubeAsk ask, KubeAccess access, HttpStatusCode code, JsonObject? status) => code switch
    {
        HttpStatusCode.Unauthorized => $"The credentials of {access.From} were refused: renew them.",
        HttpStatusCode.Forbidden when ask.Kind is { } kind =>
            $"Grant {ask.Verb} on {kind.Plural}{(ask.Subresource.Length == 0 ? "" : "/" + ask.Subresource)} of the API group "
                + $"\"{kind.Group}\" "
            + (ask.In is null ? "in a ClusterRole" : $"in a Role of the namespace {ask.In}, or in a ClusterRole") + ".",
        HttpStatusCode.NotFound when ask.Kind is { } kind && Text(status?["details"] as JsonObject, "name") is null or "" =>
            $"The cluster does not serve {kind} in version {kind.Version}: install its CustomResourceDefinition, or check the version.",
        HttpStatusCode.NotFound => "Create it, or correct the name.",
        HttpStatusCode.Conflict when Text(status, "reason") == "AlreadyExists" => "",
        HttpStatusCode.Conflict => "Somebody else was first: read it again.",
        HttpStatusCode.Gone => "List it anew.",
        HttpStatusCode.TooManyRequests => "The server is busy: later.",
        HttpStatusCode.UnprocessableEntity when ask.ContentType.Contains("json-patch", StringComparison.Ordinal) =>
            "If a test of the patch failed, the object was changed by somebody else: read it again.",
        HttpStatusCode.UnsupportedMediaType => "This kind of patch is not for this kind of object.",
        _ => "",
    };

    /// <summary>Those that the message does not name itself.</summary>
    private static string Causes(JsonObject? status, string said)
    {
        if (status?["details"]?["causes"] is not JsonArray { Count: > 0 } causes) return "";
        var lines = causes.OfType<JsonObject>()
            .Where(c => !said.Contains(Text(c, "message") is { Length: > 0 } message ? message : "?", StringComparison.Ordinal))
            .Select(c => Text(c, "field") is { Length: > 0 } field ? $"{field}: {Text(c, "message")}" : Text(c, "message"));
        return Short(string.Join("; ", lines));
    }

    private static TimeSpan? RetryAfter(HttpResponseMessage answer, TimeProvider clock) => answer.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } when date > clock.GetUtcNow() => date - clock.GetUtcNow(),
        _ => null,
    };

    /// <summary>A gateway before the API server answers with a page: its title is all that there is to know.</summary>
    private static string Plain(string text) => Title().Match(text) is { Success: true } title ? title.Groups["title"].Value : text;

    [GeneratedRegex("<title>(?<title>[^<]*)</title>", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Title();

    /// <summary>One line of bounded length.</summary>
    private static string Short(string text)
    {
        var line = new StringBuilder();
        foreach (var rune in text.Trim().EnumerateRunes())
        {
            if (line.Length >= MostSaid) return line.Append('…').ToString();
            line.Append(Rune.IsControl(rune) ? " " : rune.ToString());
        }

        return line.ToString().TrimEnd('.', ' ');
    }

    private static string? Text(JsonObject? of, string key) =>
        of?[key] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
