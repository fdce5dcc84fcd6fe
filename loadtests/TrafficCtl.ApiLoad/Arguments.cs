namespace TrafficCtl.ApiLoad;

/// <summary>Options with a value each.</summary>
internal static class Arguments
{
    public static bool TryRead(string[] rest, string[] known, out Dictionary<string, string> read)
    {
        read = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < rest.Length; i += 2)
        {
            var name = rest[i].TrimStart('-');
            if (!rest[i].StartsWith("--", StringComparison.Ordinal) || !known.Contains(name) || i + 1 == rest.Length) return false;
            read[name] = rest[i + 1];
        }

        return true;
    }

    public static int Number(this Dictionary<string, string> read, string name, int otherwise) =>
        read.TryGetValue(name, out var text) ? int.Parse(text, System.Globalization.CultureInfo.InvariantCulture) : otherwise;
}
