using Microsoft.Extensions.Primitives;

namespace TrafficCtl.Proxy.Identity;

/// <summary>Finds one cookie in the request's header without making a collection of all.</summary>
internal static class CookieHeader
{
    /// <summary>The first value of the cookie, without quotes; empty when there is none.</summary>
    public static ReadOnlySpan<char> Find(StringValues header, string name)
    {
        for (var i = 0; i < header.Count; i++)
        {
            var found = FindIn(header[i], name);
            if (!found.IsEmpty) return found;
        }

        return default;
    }

    private static ReadOnlySpan<char> FindIn(ReadOnlySpan<char> line, string name)
    {
        while (!line.IsEmpty)
        {
            var end = line.IndexOf(';');
            var pair = (end < 0 ? line : line[..end]).Trim(' ');
            line = end < 0 ? default : line[(end + 1)..];
            if (pair.Length > name.Length && pair[name.Length] == '=' && pair.StartsWith(name, StringComparison.Ordinal))
                return pair[(name.Length + 1)..].Trim('"');
        }

        return default;
    }
}
