using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Mesh.Dialects;

/// <summary>A file of the checkout, a part of which is made from the sources.</summary>
internal static class Held
{
    /// <summary>Compares the file with what <paramref name="make"/> makes of it; <c>UPDATE_DOCS=1</c> writes that.</summary>
    public static void In(string file, Func<string, string> make)
    {
        var path = Path.Combine(Repository.Root, file);
        var (text, made) = (File.ReadAllText(path), make(File.ReadAllText(path)));
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1") File.WriteAllText(path, made);
        else Assert.True(made == text, $"{file} is not what the sources say: UPDATE_DOCS=1 writes it\n{made}");
    }
}
