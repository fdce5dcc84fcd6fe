using System.Globalization;
using System.Net;
using System.Text;

namespace TrafficCtl.Kubernetes.Client;

/// <summary>Paths of the API, with every part escaped.</summary>
internal static class KubePath
{
    /// <exception cref="KubeException">A part can be none of a path.</exception>
    public static string Collection(KubeKind kind, string? @in)
    {
        if (@in is not null && !kind.IsNamespaced) throw Unfit(kind, @in, "namespace: the kind has none");
        var prefix = kind.Group.Length == 0 ? "api" : "apis/" + Part(kind, kind.Group, "group");
        var space = @in is null ? "" : $"namespaces/{Part(kind, @in, "namespace")}/";
        return $"{prefix}/{Part(kind, kind.Version, "version")}/{space}{Part(kind, kind.Plural, "plural")}";
    }

    /// <exception cref="KubeException">A part can be none of a path.</exception>
    public static string Object(KubeName name, string? subresource)
    {
        if (name.Kind.IsNamespaced && name.Namespace is null) throw Unfit(name.Kind, name.Name, "object without a namespace");
        var path = $"{Collection(name.Kind, name.Namespace)}/{Part(name.Kind, name.Name, "name")}";
        return string.IsNullOrEmpty(subresource) ? path : $"{path}/{Part(name.Kind, subresource, "subresource")}";
    }

    public static string Query(params ReadOnlySpan<(string Key, string? Value)> parts)
    {
        var text = new StringBuilder();
        foreach (var (key, value) in parts)
        {
            if (value is not null)
                text.Append(CultureInfo.InvariantCulture, $"{(text.Length == 0 ? '?' : '&')}{key}={Uri.EscapeDataString(value)}");
        }

        return text.ToString();
    }

    /// <summary>Dots alone would walk up the path, and a slash would add to it.</summary>
    private static string Part(KubeKind kind, string text, string what) => text is "" or "." or ".." || text.AsSpan().ContainsAny('/', '%')
        ? throw Unfit(kind, text, what)
        : Uri.EscapeDataString(text);

    private static KubeException Unfit(KubeKind kind, string text, string what) =>
        new($"'{text}' cannot be the {what} of a {kind.Kind}: nothing was asked.", HttpStatusCode.BadRequest, "BadRequest");
}
