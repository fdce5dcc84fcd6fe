using System.Text.RegularExpressions;

namespace TrafficCtl.Daemon.Config.Schema;

/// <summary>The grammars of names. All are anchored and linear.</summary>
internal static partial class Names
{
    /// <summary>The form of the names of environments and cohorts: also a DNS label, so that they can become one.</summary>
    [GeneratedRegex("^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    public static partial Regex Label { get; }

    /// <summary>The form of the names of services: a label, or the name of a Service on Kubernetes, <c>namespace.name</c>.</summary>
    [GeneratedRegex(
        "^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)?$",
        RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    public static partial Regex Service { get; }

    /// <summary>The form of versions: an image tag, with + for a configuration revision.</summary>
    [GeneratedRegex("^[A-Za-z0-9_][A-Za-z0-9_.+-]{0,127}$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    public static partial Regex Version { get; }

    /// <summary>The form of the names of a user's own metrics.</summary>
    [GeneratedRegex("^[A-Za-z][A-Za-z0-9_-]{0,62}$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    public static partial Regex Metric { get; }

    /// <summary>The form of the names of headers and cookies (RFC 9110 token).</summary>
    [GeneratedRegex("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    public static partial Regex Token { get; }

    /// <summary>A claim, with dots into objects. What no reader sees is refused in every value, before its grammar.</summary>
    [GeneratedRegex("^[^\\s.]+(?:\\.[^\\s.]+){0,7}$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    public static partial Regex Claim { get; }

    /// <summary>The form of the names of environment variables.</summary>
    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]{0,127}$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    public static partial Regex Variable { get; }

    [GeneratedRegex(
        "^(?:\\*\\.)?[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*$",
        RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    public static partial Regex Host { get; }

    [GeneratedRegex(
        "^/(?:[A-Za-z0-9._~!$&'()+,;=:@%-]+/)*(?:[A-Za-z0-9._~!$&'()+,;=:@%-]+|\\*\\*)?$",
        RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    public static partial Regex Path { get; }

    public static string Words(Regex name) =>
        ReferenceEquals(name, Label) ? "lower-case letters, digits and dashes, at most 63"
        : ReferenceEquals(name, Service) ? "lower-case letters, digits and dashes, at most 63; or the namespace.name of a Kubernetes "
            + "Service"
        : ReferenceEquals(name, Version) ? "letters, digits, and . _ + -, at most 128"
        : ReferenceEquals(name, Metric) ? "a letter, then letters, digits, _ and -, at most 63"
        : ReferenceEquals(name, Variable) ? "letters, digits and _, at most 128, and no digit first"
        : "letters and digits";
}
