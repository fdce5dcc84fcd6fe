using System.Collections.Immutable;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace TrafficCtl.Cli.Tests.Architecture;

/// <summary>
/// The types of an assembly's own that one of its types names: in its bases, attributes, members, constraints, locals and code.
/// </summary>
internal sealed class TypeReferences(MetadataReader metadata, Func<int, MethodBodyBlock> bodyAt) : ISignatureTypeProvider<int, int>
{
    private readonly HashSet<TypeDefinitionHandle> _seen = [];

    public IReadOnlySet<TypeDefinitionHandle> Of(TypeDefinitionHandle handle)
    {
        _seen.Clear();
        var type = metadata.GetTypeDefinition(handle);
        Entity(type.BaseType);
        foreach (var face in type.GetInterfaceImplementations()) Entity(metadata.GetInterfaceImplementation(face).Interface);
        Attributes(type.GetCustomAttributes());
        Constraints(type.GetGenericParameters());
        foreach (var property in type.GetProperties()) Attributes(metadata.GetPropertyDefinition(property).GetCustomAttributes());
        foreach (var field in type.GetFields().Select(metadata.GetFieldDefinition))
        {
            field.DecodeSignature(this, 0);
            Attributes(field.GetCustomAttributes());
        }

        foreach (var method in type.GetMethods().Select(metadata.GetMethodDefinition)) Method(method);
        return _seen.ToHashSet();
    }

    private void Method(MethodDefinition method)
    {
        method.DecodeSignature(this, 0);
        Attributes(method.GetCustomAttributes());
        Constraints(method.GetGenericParameters());
        foreach (var parameter in method.GetParameters()) Attributes(metadata.GetParameter(parameter).GetCustomAttributes());
        if (method.RelativeVirtualAddress == 0) return;
        var body = bodyAt(method.RelativeVirtualAddress);
        if (!body.LocalSignature.IsNil) metadata.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(this, 0);
        foreach (var region in body.ExceptionRegions.Where(r => r.Kind == ExceptionRegionKind.Catch)) Entity(region.CatchType);
        foreach (var token in MethodTokens.Of(body.GetILBytes()!)) Entity(MetadataTokens.EntityHandle(token));
    }

    private void Entity(EntityHandle handle)
    {
        if (handle.IsNil) return;
        switch (handle.Kind)
        {
            case HandleKind.TypeDefinition:
                _seen.Add((TypeDefinitionHandle)handle);
                break;
            case HandleKind.TypeSpecification:
                metadata.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(this, 0);
                break;
            case HandleKind.MethodDefinition:
                _seen.Add(metadata.GetMethodDefinition((MethodDefinitionHandle)handle).GetDeclaringType());
                break;
            case HandleKind.FieldDefinition:
                _seen.Add(metadata.GetFieldDefinition((FieldDefinitionHandle)handle).GetDeclaringType());
                break;
            case HandleKind.MethodSpecification:
                var generic = metadata.GetMethodSpecification((MethodSpecificationHandle)handle);
                Entity(generic.Method);
                generic.DecodeSignature(this, 0);
                break;
            case HandleKind.MemberReference:
                var member = metadata.GetMemberReference((MemberReferenceHandle)handle);
                Entity(member.Parent);
                if (member.GetKind() == MemberReferenceKind.Field) member.DecodeFieldSignature(this, 0);
                else member.DecodeMethodSignature(this, 0);
                break;
        }
    }

    private void Attributes(CustomAttributeHandleCollection attributes)
    {
        foreach (var attribute in attributes) Entity(metadata.GetCustomAttribute(attribute).Constructor);
    }

    private void Constraints(GenericParameterHandleCollection parameters)
    {
        foreach (var constraint in parameters.SelectMany(p => metadata.GetGenericParameter(p).GetConstraints()))
            Entity(metadata.GetGenericParameterConstraint(constraint).Type);
    }

    // A signature is decoded for its side effect: the types that it names are taken down.
    public int GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) => _seen.Add(handle) ? 1 : 0;
    public int GetTypeFromSpecification(MetadataReader reader, int context, TypeSpecificationHandle handle, byte rawTypeKind) =>
        reader.GetTypeSpecification(handle).DecodeSignature(this, context);
    public int GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) => 0;
    public int GetPrimitiveType(PrimitiveTypeCode typeCode) => 0;
    public int GetSZArrayType(int elementType) => 0;
    public int GetArrayType(int elementType, ArrayShape shape) => 0;
    public int GetByReferenceType(int elementType) => 0;
    public int GetPointerType(int elementType) => 0;
    public int GetPinnedType(int elementType) => 0;
    public int GetFunctionPointerType(MethodSignature<int> signature) => 0;
    public int GetGenericInstantiation(int genericType, ImmutableArray<int> typeArguments) => 0;
    public int GetGenericMethodParameter(int context, int index) => 0;
    public int GetGenericTypeParameter(int context, int index) => 0;
    public int GetModifiedType(int modifier, int unmodifiedType, bool isRequired) => 0;
}
