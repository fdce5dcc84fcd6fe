namespace TrafficCtl.Core.Runtimes;

/// <summary>Where the artifact of each version lies: a path in which one folder is <c>{version}</c>.</summary>
/// <param name="Folder">The folder of the versions' folders. Absolute.</param>
/// <param name="Inside">The artifact's path inside the folder of its version; empty where that folder is the artifact.</param>
public sealed record ArtifactPattern(string Folder, string Inside)
{
    private const string Placeholder = "{version}";

    /// <param name="text">As it stands in the file, such as <c>./releases/{version}/checkout</c>.</param>
    /// <param name="home">The folder of the file, which relative paths begin at. Absolute.</param>
    /// <returns>The pattern, or what is wrong with the text, in a sentence to follow its name.</returns>
    public static (ArtifactPattern? Pattern, string? Problem) Parse(string text, string home)
    {
        var parts = text.Split('/');
        var at = Array.IndexOf(parts, Placeholder);
        if (at < 0 || text.IndexOf(Placeholder, StringComparison.Ordinal) != text.LastIndexOf(Placeholder, StringComparison.Ordinal))
            return (null, $"is \"{text}\"; one folder of the path is to be {Placeholder}, as in ./releases/{Placeholder}/checkout");
        var inside = string.Join('/', parts[(at + 1)..]);
        if (parts[(at + 1)..].Any(static p => p is ".." or "." or "") && inside.Length > 0)
            return (null, $"is \"{text}\"; after {Placeholder} no part of the path is empty, \".\" or \"..\"");
        var folder = string.Join('/', parts[..at]);
        return (new ArtifactPattern(Path.GetFullPath(folder.Length == 0 ? (at > 0 ? "/" : ".") : folder, home), inside), null);
    }

    /// <summary>The folder of a version.</summary>
    public string FolderOf(string version) => Path.Combine(Folder, version);

    /// <summary>The artifact of a version.</summary>
    public string Of(string version) => Inside.Length == 0 ? FolderOf(version) : Path.Combine(Folder, version, Inside);
}
