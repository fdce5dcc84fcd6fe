using System.IO.Hashing;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Text;
using Xunit;
using Yarp.ReverseProxy.Configuration;

namespace TrafficCtl.Proxy.Tests.Compat;

/// <summary>The stand-in offers all that YARP asks of the package it stands in for, and hashes as that one does.</summary>
public sealed class CompatTests
{
    private const string StandIn = "System.IO.Hashing";

    /// <summary>Published with the algorithm and its libraries, seed 0; the last ones are longer than a block of 32.</summary>
    [Theory]
    [InlineData("", "EF46DB3751D8E999")]
    [InlineData("a", "D24EC4F1A98C6E5B")]
    [InlineData("as", "1C330FB2D66BE179")]
    [InlineData("asd", "631C37CE72A97393")]
    [InlineData("asdf", "415872F599CEA71E")]
    [InlineData("abc", "44BC2CF5AD770999")]
    [InlineData("Nobody inspects the spammish repetition", "FBCEA83C8A378BF1")]
    [InlineData("The quick brown fox jumps over the lazy dog", "0B242D361FDA71BC")]
    [InlineData("Call me Ishmael. Some years ago--never mind how long precisely-", "02A2E85470D6FD96")]
    public void Hashes_as_published(string text, string expected) =>
        Assert.Equal(expected, Convert.ToHexString(XxHash64.Hash(Encoding.ASCII.GetBytes(text))));

    /// <summary>The runtime itself resolves each reference, signature included: what is missing fails here and not in a request.</summary>
    [Fact]
    public void Every_member_that_yarp_references_exists()
    {
        var yarp = typeof(IProxyConfigProvider).Assembly;
        using var image = new PEReader(File.OpenRead(yarp.Location));
        var metadata = image.GetMetadataReader();

        var members = metadata.MemberReferences
            .Where(h => metadata.GetMemberReference(h).Parent is { Kind: HandleKind.TypeReference } parent && IsOfStandIn(metadata, (TypeReferenceHandle)parent))
            .Select(h => yarp.ManifestModule.ResolveMember(MetadataTokens.GetToken(h))!)
            .ToList();
        var types = metadata.TypeReferences
            .Where(h => IsOfStandIn(metadata, h))
            .Select(h => yarp.ManifestModule.ResolveType(MetadataTokens.GetToken(h)))
            .ToList();

        Assert.NotEmpty(members);
        Assert.All(members, m => Assert.Equal(typeof(XxHash64).Assembly, m.Module.Assembly));
        Assert.All(types, t => Assert.Equal(typeof(XxHash64).Assembly, t.Assembly));
    }

    private static bool IsOfStandIn(MetadataReader metadata, TypeReferenceHandle handle) =>
        metadata.GetTypeReference(handle).ResolutionScope is { Kind: HandleKind.AssemblyReference } scope
        && metadata.GetString(metadata.GetAssemblyReference((AssemblyReferenceHandle)scope).Name) == StandIn;
}
