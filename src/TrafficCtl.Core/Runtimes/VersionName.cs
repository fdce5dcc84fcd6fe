namespace TrafficCtl.Core.Runtimes;

/// <summary>Which names a version may have that becomes a part of a path or an argument of a command.</summary>
public static class VersionName
{
    public const int LongestText = 128;

    /// <returns>What is wrong with the name, to follow it; null when it is one.</returns>
    public static string? FindProblem(string name)
    {
        if (name.Length is 0 or > LongestText) return $"has {name.Length} characters; a version has 1 to {LongestText}";
        if (!char.IsAsciiLetterOrDigit(name[0])) return "does not begin with a letter or a digit";
        foreach (var character in name)
        {
            if (!char.IsAsciiLetterOrDigit(character) && character is not ('.' or '-' or '_' or '+'))
                return "has other characters than letters, digits, '.', '-', '_' and '+'";
        }

        return null;
    }
}
