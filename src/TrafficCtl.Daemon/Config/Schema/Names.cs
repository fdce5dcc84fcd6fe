using System.Text.RegularExpressions;

namespace TrafficCtl.Daemon.Config.Schema;

/// <summary>The grammars of names. All are anchored and linear.</summary>
internal static class Names
{
    /// <summary>The form of the names of environments and cohorts: also a DNS label, so that they can become one.</summary>
    public static readonly Regex Label = new(
        "^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);

    /// <summary>The form of the names of services: a label, or the name of a Service on Kubernetes, <c>namespace.name</c>.</summary>
    public static readonly Regex Service = new(
        "^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)?$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);

    /// <summary>The form of versions: an image tag, with + for a configuration revision.</summary>
    public static readonly Regex Version = new(
        "^[A-Za-z0-9_][A-Za-z0-9_.+-]{0,127}$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);

    /// <summary>The form of the names of a user's own metrics.</summary>
    public static readonly Regex Metric = new(
        "^[A-Za-z][A-Za-z0-9_-]{0,62}$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);

    /// <summary>The form of the names of headers and cookies (RFC 9110 token).</summary>
    public static readonly Regex Token = new(
        "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);

    /// <summary>A claim, with dots into objects. What no reader sees is refused in every value, before its grammar.</summary>
    public static readonly Regex Claim = new(
        "^[^\\s.]+(?:\\.[^\\s.]+){0,7}$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);

    public static readonly Regex Host = new(
        "^(?:\\*\\.)?[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);

    public static readonly Regex Path = new(
        "^/(?:[A-Za-z0-9._~!$&'()+,;=:@%-]+/)*(?:[A-Za-z0-9._~!$&'()+,;=:@%-]+|\\*\\*)?$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);

    public static string Words(Regex name) =>
        ReferenceEquals(name, Label) ? "lower-case letters, digits and dashes, at most 63"
        : ReferenceEquals(name, Service) ? "lower-case letters, digits and dashes, at most 63; or the namespace.name of a Kubernetes "
            + "Service"
        : ReferenceEquals(name, Version) ? "letters, digits, and . _ + -, at most 128"
        : ReferenceEquals(name, Metric) ? "a letter, then letters, digits, _ and -, at most 63"
        : "letters and digits";
}
