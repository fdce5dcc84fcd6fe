using Google.Protobuf;
using Google.Protobuf.Reflection;
using TrafficCtl.TestKit;
using TrafficCtl.V1;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Api.Rpc;

/// <summary>
/// What clients rely on stays: <c>proto/contract.txt</c> lists it. <c>UPDATE_CONTRACT=1</c> adds what is new, and takes nothing away.
/// </summary>
public sealed class ContractTests
{
    private static readonly string Golden = Path.Combine(Repository.Root, "proto/contract.txt");

    private static readonly IReadOnlyList<string> Now =
        ContractList.Of(
            RolloutsReflection.Descriptor, PromotionsReflection.Descriptor, AnswersReflection.Descriptor, ReplayReflection.Descriptor);

    [Fact]
    public void Nothing_of_the_contract_is_taken_away_or_changed()
    {
        var listed = File.Exists(Golden) ? File.ReadAllLines(Golden) : [];
        Assert.Empty(listed.Except(Now, StringComparer.Ordinal).Select(static line =>
            $"{line}: clients rely on it. Leave it as it is, and add beside it what is wanted"));
        var fresh = Now.Except(listed, StringComparer.Ordinal).ToList();
        if (Environment.GetEnvironmentVariable("UPDATE_CONTRACT") == "1") File.WriteAllLines(Golden, Now);
        else Assert.Empty(fresh.Select(static line => $"{line}: is new. UPDATE_CONTRACT=1 adds it to proto/contract.txt"));
    }

    [Fact]
    public void The_list_names_nothing_twice() => Assert.Equal(Now.Distinct(StringComparer.Ordinal), Now);

    [Theory]
    [InlineData("removed")]
    [InlineData("renumbered")]
    [InlineData("retyped")]
    [InlineData("renamed")]
    [InlineData("made a list")]
    [InlineData("removed call")]
    [InlineData("made a stream")]
    public void The_list_tells_each_breaking_change(string change)
    {
        var file = FileDescriptorProto.Parser.ParseFrom(RolloutsReflection.Descriptor.SerializedData);
        var field = file.MessageType.Single(static m => m.Name == "MakeWishRequest").Field.Single(static f => f.Name == "version");
        var calls = file.Service.Single(static s => s.Name == "Rollouts").Method;
        switch (change)
        {
            case "removed": file.MessageType.Single(static m => m.Name == "MakeWishRequest").Field.Remove(field); break;
            case "renumbered": field.Number = 99; break;
            case "retyped": field.Type = FieldDescriptorProto.Types.Type.Bytes; break;
            case "renamed": (field.Name, field.JsonName) = ("release", "release"); break;
            case "made a list": field.Label = FieldDescriptorProto.Types.Label.Repeated; break;
            case "removed call": calls.RemoveAt(0); break;
            default: calls[0].ServerStreaming = true; break;
        }

        var others = RolloutsReflection.Descriptor.Dependencies.Select(static d => d.SerializedData);
        var changed = FileDescriptor.BuildFromByteStrings([.. others, file.ToByteString()])[^1];
        Assert.Single(ContractList.Of(RolloutsReflection.Descriptor).Except(ContractList.Of(changed), StringComparer.Ordinal));
    }
}
