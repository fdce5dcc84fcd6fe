namespace TrafficCtl.Daemon.Config.Schema;

/// <summary>What to write instead: YAML between backticks, which <c>check</c> accepts where it is put.</summary>
internal static class Hints
{
    /// <summary><c>write `identity: [header:x-user]`</c>; of an item of a list the value alone.</summary>
    public static string Write(string path, string value) => $"write `{Yaml(path, value)}`";

    /// <summary>As <see cref="Write"/>, where the value is one of many.</summary>
    public static string WriteLike(string path, string value) => $"write it like `{Yaml(path, value)}`";

    private static string Yaml(string path, string value) =>
        path.Length == 0 || path.EndsWith(']') ? value : $"{path[(path.LastIndexOf('.') + 1)..]}: {value}";

    /// <summary>One value as it may stand in a flow list or map: quoted where YAML would read it otherwise.</summary>
    public static string Quoted(
        string text) => text.Length > 0 && text.All(static c => char.IsAsciiLetterOrDigit(c)
            || c is '-' or '_' or '.' or '/' or ':' or '%' or '+')
        && !text.EndsWith(':') && !text.StartsWith('%') && text[0] != '-'
            ? text
            : $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
