using TrafficCtl.Proxy.Messages;

namespace TrafficCtl.Proxy.Forwarding;

/// <summary>The upstream's address of a request, whose path and query are the client's, byte for byte.</summary>
/// <remarks>
/// A path that was decoded cannot be encoded back: <c>%2F</c> and <c>/</c> are different resources, and to <c>%zz</c> or <c>[x]</c> an
/// encoder has an opinion. Matching goes by the decoded path; the upstream is sent the raw one.
/// </remarks>
internal sealed class UpstreamUri : Uri
{
    private static readonly UriCreationOptions AsItIs = new() { DangerousDisablePathAndQueryCanonicalization = true };

    private readonly CountedRequestBody? body;

    private UpstreamUri(string address, CountedRequestBody? body)
        : base(address, AsItIs) => this.body = body;

    /// <summary>The request began to be written to a connection: from then on the upstream may have acted on it.</summary>
    public bool IsSent { get; private set; }

    /// <param name="prefix">The endpoint's address, with or without a slash at its end.</param>
    /// <param name="rawTarget">The request target in origin form (RFC 9112 3.2.1) or in absolute form (3.2.2).</param>
    /// <param name="body">The client's body; null without one.</param>
    public static UpstreamUri Of(string prefix, string rawTarget, CountedRequestBody? body = null)
    {
        var end = prefix.EndsWith('/') ? prefix.Length - 1 : prefix.Length;
        return new UpstreamUri(string.Concat(prefix.AsSpan(0, end), OriginForm(rawTarget)), body);
    }

    public void BeginToSend() => IsSent = true;

    /// <summary>
    /// Puts the content that is sent in the place of the forwarder's. The forwarder refuses another one than its own as long as it has the
    /// request, so this is done when the request has left it.
    /// </summary>
    public void Prepare(HttpRequestMessage request)
    {
        if (request.Content is { } content && body is not null) request.Content = new UploadContent(content, body);
        else if (request.Content is null && NoBody.IsNeededFor(request.Method)) request.Content = new NoBody();
    }

    private static ReadOnlySpan<char> OriginForm(string target)
    {
        if (target.Length > 0 && target[0] == '/') return target;
        var scheme = target.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0) return "/";
        var rest = target.AsSpan(scheme + 3);
        var path = rest.IndexOfAny('/', '?');
        if (path < 0) return "/";
        return rest[path] == '/' ? rest[path..] : string.Concat("/", rest[path..]);
    }
}
