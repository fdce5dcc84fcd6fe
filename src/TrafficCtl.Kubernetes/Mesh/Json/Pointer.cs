namespace TrafficCtl.Kubernetes.Mesh.Json;

/// <summary>JSON Pointers, RFC 6901.</summary>
internal static class Pointer
{
    /// <summary>Escapes <c>~</c> and <c>/</c> in each part: <c>/metadata/annotations/nginx.ingress.kubernetes.io~1canary</c>.</summary>
    public static string Of(params ReadOnlySpan<string> parts)
    {
        var text = "";
        foreach (var part in parts)
            text += "/" + part.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
        return text;
    }
}
