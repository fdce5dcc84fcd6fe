using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;

namespace TrafficCtl.Cli.Tests.Architecture;

/// <summary>
/// One folder of a project uses another. A folder is named by its namespace below the project's, "." is the project's own.
/// </summary>
internal sealed record FolderArrow(string From, string To)
{
    public override string ToString() => $"{From} -> {To}";
}

/// <summary>An arrow and the place that it comes from.</summary>
internal sealed record FolderUse(FolderArrow Arrow, string Place);

/// <summary>Reads which folders of a project use which, from what was compiled and from the using directives of its sources.</summary>
internal static partial class FolderArrows
{
    /// <summary>Uses that lead from one folder to another.</summary>
    /// <param name="assembly">The compiled project.</param>
    /// <param name="root">The namespace of the project's own folder.</param>
    public static List<FolderUse> Compiled(string assembly, string root)
    {
        using var image = new PEReader(File.OpenRead(assembly));
        var metadata = image.GetMetadataReader();
        var references = new TypeReferences(metadata, image.GetMethodBody);
        var found = new List<FolderUse>();
        foreach (var handle in metadata.TypeDefinitions)
        {
            if (Folder(metadata, handle, root) is not { } from) continue;
            foreach (var used in references.Of(handle))
                if (Folder(metadata, used, root) is { } to && to != from)
                    found.Add(new(new(from, to), $"{Name(metadata, handle)} uses {Name(metadata, used)}"));
        }

        return found;
    }

    /// <summary>Constants and the members of an enum leave no trace in what is compiled, their using directives do in the source.</summary>
    public static IEnumerable<FolderUse> Written(string directory, string root)
    {
        foreach (var file in Directory.EnumerateFiles(directory, "*.cs", SearchOption.AllDirectories))
        {
            var text = File.ReadAllText(file);
            if (Below(Namespace().Match(text).Groups["name"].Value, root) is not { } from) continue;
            foreach (Match use in Using().Matches(text))
                if (Below(use.Groups["folder"].Value, root) is { } to && to != from)
                    yield return new(new(from, to), $"{Path.GetRelativePath(directory, file)} has {use.Value}");
        }
    }

    private static string? Folder(MetadataReader metadata, TypeDefinitionHandle handle, string root) =>
        Below(metadata.GetString(metadata.GetTypeDefinition(Outermost(metadata, handle)).Namespace), root);

    private static string? Below(string name, string root) =>
        name == root ? "." : name.StartsWith(root + ".", StringComparison.Ordinal) ? name[(root.Length + 1)..].Replace('.', '/') : null;

    private static string Name(MetadataReader metadata, TypeDefinitionHandle handle) =>
        metadata.GetString(metadata.GetTypeDefinition(Outermost(metadata, handle)).Name);

    private static TypeDefinitionHandle Outermost(MetadataReader metadata, TypeDefinitionHandle handle)
    {
        while (metadata.GetTypeDefinition(handle).GetDeclaringType() is { IsNil: false } outer) handle = outer;
        return handle;
    }

    [GeneratedRegex(@"^namespace (?<name>[\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    // A static using and an alias name a type, the rest names a folder.
    [GeneratedRegex(@"^using (?:(?:static |\w+ = )(?<folder>[\w.]+)\.\w+|(?<folder>[\w.]+));", RegexOptions.Multiline)]
    private static partial Regex Using();
}
